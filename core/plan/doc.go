// Package plan decides what happens to every layer of a model, and does it.
//
// [New] turns a model and options into a [Plan]: one [Unit] for every weight
// that will be worked on, and a reason for every layer that will not. The plan
// knows the size of every tensor it will make before it reads a weight. Units
// depend on nothing but their own weight, so [Plan.Run] works on them in any
// order and in parallel; what they make goes to a [Spool], and the format's
// writer puts it in the file in the order of the model.
//
//	file, _ := plan.Open(r, size, nil)
//	estimate, _ := file.Estimate(recipe.Defaults())
//	p, _ := plan.New(file.Model(), recipe.Defaults())
//	result, _ := p.Run(ctx, plan.Memory{}, 2, nil)
//
// # Stages and pieces
//
// A large weight is worked on in pieces ([Unit.Pieces]), and everything in stages,
// each a [Task] that depends on nothing but itself and the file:
//
//   - Learn puts a [Question] to every piece. What the pieces answer is merged in
//     their order, and leads to the next question, until the weight is [Learned]:
//     two or three rounds, of sums whose size does not depend on the weight's.
//   - Encode makes the bytes of a piece by what was learned, decodes them again, and
//     measures what they make of the weights ([Encoded]).
//   - Whole is both for a weight in one piece, which is read once.
//
// [Plan.Work] hands out tasks and takes in what came of them. [Plan.Run] does them
// in goroutines. A pool of workers, each of which has opened the file and made the
// same plan for itself, does them like this:
//
//	w := p.Work(spool, progress)
//	for !w.Finished() {
//		for idle(worker) {
//			t, ok := w.Next() // not ok: wait for a worker first
//			send(worker, t) // JSON
//		}
//		t, d := receive() // JSON, and bytes beside it: Done.Pack, Unpack
//		err := w.Put(t, d)
//	}
//	result := w.Result()
//
// and each worker
//
//	d, err := p.Do(ctx, t)
//
// Bytes and figures do not depend on how many workers there are, or on which is
// first. A task that got lost can be done again.
//
// What is not cut into pieces, whatever its size: weights with a scale for each
// group, codebooks and palettes, fitted and clipped ranges, the float form of
// residual, and, where the channels of a weight do not follow each other, thresholds
// for each of them.
//
// [Quantize] does all of that in one call, and writes the file. [Suggest]
// looks for the options that meet a goal.
package plan
