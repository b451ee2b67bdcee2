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
// [Quantize] does all of that in one call, and writes the file. [Suggest]
// looks for the options that meet a goal.
package plan
