package plan

import (
	"context"
	"fmt"
	"slices"

	"splitquant/core/kmeans"
	"splitquant/core/quant"
	"splitquant/core/split"
	"splitquant/core/tensor"
)

// Rounds of questions about a weight. Each is put to all pieces; what they answer
// decides on the next question.
const (
	askValues = "values" // ranges, and how the values are distributed
	askNear   = "near"   // the values near a boundary of clusters
	askRanges = "ranges" // the ranges of the parts
	askErrors = "errors" // the errors of divisions
	askRows   = "rows"   // everything about whole rows
)

// A Question is put to every piece of a weight in a round of the first stage.
type Question struct {
	Round     string
	Bins      kmeans.Bins      // near
	Divisions []split.Division // ranges, errors: one set of bounds each
	Grids     [][]quant.Grid   // errors: one for each part of each division
}

// An Answer is what a piece tells.
type Answer struct {
	Refused string          // why the weight cannot be worked on
	Whole   *ranges         // values: of the piece, or of each of its channels
	Counts  []uint32        // values: of every code of a 16-bit type
	Summary *kmeans.Summary // values: for kmeans
	Bins    *quant.Bins     // values: for resolution
	Keys    []uint32        // near: what a kmeans.Sieve found
	Least   []uint32        // near
	Parts   []ranges        // ranges: for each division
	Errors  []float64       // errors: for each division
	Rows    *Learned        // rows
}

// ranges are those of the parts of channels: channel after channel, all parts of
// one together. The first is that of channel First.
type ranges struct {
	First int
	R     []quant.Range
}

// merge takes in the ranges of another piece.
func (r *ranges) merge(o ranges, parts int) {
	if len(r.R) == 0 {
		r.First = o.First
	}
	for end := (o.First - r.First) * parts; len(r.R) < end+len(o.R); {
		r.R = append(r.R, quant.Range{})
	}
	for i, a := range o.R {
		r.R[(o.First-r.First)*parts+i].Merge(a)
	}
}

// answer answers a question about a piece.
func (s *source) answer(ctx context.Context, q *Question) (*Answer, error) {
	a := new(Answer)
	u := s.u
	switch q.Round {
	case askValues:
		return a, s.distribution(ctx, a)
	case askNear:
		sieve := kmeans.NewSieve(q.Bins)
		err := s.eachBytes(ctx, func(_ int64, w []byte) error {
			sieve.AddBytes(w)
			return nil
		})
		a.Keys, a.Least = sieve.Found()
		return a, err
	case askRanges:
		a.Parts = make([]ranges, len(q.Divisions))
		return a, s.each(ctx, func(at int64, _ []byte, values []float32) error {
			for i, d := range q.Divisions {
				a.Parts[i].merge(u.rangesOf(at, values, d.Of(0)), d.Parts())
			}
			return nil
		})
	case askErrors:
		a.Errors = make([]float64, len(q.Divisions))
		return a, s.each(ctx, func(at int64, _ []byte, values []float32) error {
			for i, d := range q.Divisions {
				a.Errors[i] += quant.SplitError(values, d.Of(0), q.Grids[i])
			}
			return nil
		})
	case askRows:
		raw, values, err := s.all()
		if err != nil {
			return nil, err
		}
		if a.Refused = u.refusal(raw, values); a.Refused == "" {
			_, _, inner := u.runs()
			a.Rows, err = u.learn(values, len(values)/inner)
		}
		return a, err
	}
	return nil, fmt.Errorf("there is no round %q", q.Round)
}

// distribution answers what the values are.
func (s *source) distribution(ctx context.Context, a *Answer) error {
	u := s.u
	clusters := u.Split && u.Options.Strategy != "residual"
	switch {
	case clusters && u.counts():
		a.Counts = make([]uint32, 1<<16)
		if u.grids() == 1 && !u.folds {
			return s.count(ctx, a)
		}
	case clusters && u.Options.Strategy == "resolution":
		a.Bins = new(quant.Bins)
	case clusters:
		a.Summary = new(kmeans.Summary)
	}
	if u.grids() == 1 && a.Counts == nil {
		return s.sums(ctx, a)
	}
	a.Whole = new(ranges)
	return s.each(ctx, func(at int64, raw []byte, values []float32) error {
		if a.Refused != "" {
			return nil
		}
		r := u.rangesOf(at, values, nil)
		for _, x := range r.R {
			if x.NonFinite {
				a.Refused = u.refusal(raw, values)
				return nil
			}
		}
		a.Whole.merge(r, 1)
		if a.Counts != nil {
			tensor.Count16((*[1 << 16]uint32)(a.Counts), raw)
		}
		if a.Bins != nil {
			a.Bins.Add(values)
		}
		if a.Summary != nil {
			return a.Summary.Add(values)
		}
		return nil
	})
}

// sums answers what the values are, as far as the strategy needs it, where no channel
// has a range of its own. The range of all comes from bins, if there are any.
func (s *source) sums(ctx context.Context, a *Answer) error {
	var whole quant.Range
	err := s.eachBytes(ctx, func(_ int64, w []byte) error {
		switch {
		case whole.NonFinite:
		case a.Summary != nil:
			whole.NonFinite = a.Summary.AddBytes(w) != nil
		case a.Bins != nil:
			whole.NonFinite = !a.Bins.AddBytes(w)
		default:
			whole.AddBytes(w)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if whole.NonFinite {
		raw, values, err := s.all()
		a.Refused = s.u.refusal(raw, values)
		return err
	}
	if a.Bins != nil {
		whole = a.Bins.Range()
	}
	if a.Summary == nil {
		a.Whole = &ranges{R: []quant.Range{whole}}
	}
	return nil
}

// count answers what the values are where counting their codes says it all.
func (s *source) count(ctx context.Context, a *Answer) error {
	err := s.eachRaw(ctx, func(_ int64, raw []byte) error {
		tensor.Count16((*[1 << 16]uint32)(a.Counts), raw)
		return nil
	})
	if err != nil {
		return err
	}
	values, counts := s.u.counted(a.Counts)
	n := int64(0)
	var r quant.Range
	for i, v := range values {
		if n += counts[i]; counts[i] > 0 {
			r.Merge(quant.Range{Lo: v + 0, Hi: v + 0, N: counts[i]})
		}
	}
	if n != s.piece.To-s.piece.From { // some are not finite
		raw, values, err := s.all()
		a.Refused = s.u.refusal(raw, values)
		return err
	}
	a.Whole = &ranges{R: []quant.Range{r}}
	return nil
}

// rangesOf returns the ranges of the parts of some weights, of each channel where
// those have scales of their own. The first weight has flat index at.
func (u *Unit) rangesOf(at int64, values, bounds []float32) ranges {
	n := len(bounds) + 1
	if u.grids() == 1 {
		r := ranges{R: make([]quant.Range, n)}
		quant.AddSplit(r.R, values, bounds)
		return r
	}
	outer, dim, inner := u.runs()
	var r ranges
	if outer == 1 {
		r.First = int(at / int64(inner))
		last := int((at + int64(len(values)) - 1) / int64(inner))
		r.R = make([]quant.Range, (last-r.First+1)*n)
	} else {
		r.R = make([]quant.Range, dim*n)
	}
	u.eachRow(at, values, func(row int, w []float32) {
		i := (row - r.First) * n
		quant.AddSplit(r.R[i:i+n], w, bounds)
	})
	return r
}

// A learner puts together what the pieces of a weight tell, round by round, until
// the weight is known.
type learner struct {
	u       *Unit
	ask     *Question // to all pieces
	answers []*Answer // that came before those of earlier pieces
	merged  int       // how many are merged
	round   int       // how many are complete
	learned *Learned  // so far
	done    bool      // nothing is left to ask

	sum      Answer // of all pieces
	near     *kmeans.Candidates
	clusters []kmeans.Clustering
	parts    []ranges
	errors   []float64
}

func newLearner(u *Unit, pieces int) *learner {
	l := &learner{u: u, ask: &Question{Round: askValues}, answers: make([]*Answer, pieces)}
	if u.byRows() {
		l.ask.Round = askRows
	}
	return l
}

// put takes in the answer of a piece to the question of the round. Answers are
// merged in the order of the pieces, whatever order they come in.
func (l *learner) put(piece int, a *Answer) (err error) {
	l.answers[piece] = a
	for l.merged < len(l.answers) && l.answers[l.merged] != nil {
		l.merge(l.answers[l.merged])
		l.answers[l.merged] = nil
		l.merged++
	}
	if l.merged == len(l.answers) {
		l.merged = 0
		l.round++
		err = l.next()
	}
	return err
}

func (l *learner) merge(a *Answer) {
	if l.sum.Refused == "" {
		l.sum.Refused = a.Refused
	}
	if l.sum.Refused != "" {
		return
	}
	switch l.ask.Round {
	case askValues:
		l.mergeValues(a)
	case askNear:
		l.near.Take(a.Keys, a.Least)
	case askRanges:
		for i, r := range a.Parts {
			l.parts[i].merge(r, l.ask.Divisions[i].Parts())
		}
	case askErrors:
		for i, e := range a.Errors {
			l.errors[i] += e
		}
	case askRows:
		l.sum.Rows = l.sum.Rows.with(a.Rows)
	}
}

func (l *learner) mergeValues(a *Answer) {
	s := &l.sum
	if l.merged == 0 {
		s.Whole, s.Counts, s.Summary, s.Bins = a.Whole, a.Counts, a.Summary, a.Bins
		return
	}
	if a.Whole != nil {
		s.Whole.merge(*a.Whole, 1)
	}
	for i, n := range a.Counts {
		s.Counts[i] += n
	}
	if a.Summary != nil {
		s.Summary.Merge(a.Summary)
	}
	if a.Bins != nil {
		s.Bins.Merge(a.Bins)
	}
}

// next decides on what to ask now that a round is complete, or that nothing is.
func (l *learner) next() error {
	u := l.u
	switch {
	case l.sum.Refused != "":
		l.learned, l.done = &Learned{Refused: l.sum.Refused}, true
	case l.ask.Round == askRows:
		l.learned, l.done = l.sum.Rows, true
	case l.ask.Round == askValues:
		return l.values()
	case l.ask.Round == askNear:
		c, err := l.near.Clustering()
		if err != nil {
			return fmt.Errorf("weight %q: %w", u.Weight.Name, err)
		}
		if l.sum.Whole == nil {
			lo, hi := l.near.Range()
			l.setRanges(ranges{R: []quant.Range{{Lo: lo, Hi: hi, N: u.elems}}})
		}
		l.sumUp(l.near.Each)
		l.divide(c)
	case l.ask.Round == askRanges && len(l.parts) == 1:
		l.finish(0)
	case l.ask.Round == askRanges:
		ask := &Question{Round: askErrors, Divisions: l.ask.Divisions}
		for i := range l.parts {
			var grids []quant.Grid
			for _, r := range l.parts[i].R {
				grids = append(grids, u.params.Fit(r.Lo, r.Hi))
			}
			ask.Grids = append(ask.Grids, grids)
		}
		l.errors, l.ask = make([]float64, len(l.parts)), ask
	case l.errors[0] <= l.errors[1]:
		l.finish(0)
	default:
		l.finish(1)
	}
	return nil
}

// values goes on from the distribution of the values.
func (l *learner) values() error {
	u := l.u
	if l.sum.Whole != nil {
		l.setRanges(*l.sum.Whole)
	}
	switch {
	case !u.Split:
		l.learned.Grids, l.done = [][]quant.Grid{l.learned.Plain}, true
		return nil
	case u.Options.Strategy == "residual":
		l.learned.Grids, l.done = make([][]quant.Grid, split.K), true
		for _, r := range l.sum.Whole.R {
			for p, g := range split.ResidualGridsOf(r.Lo, r.Hi, u.params) {
				l.learned.Grids[p] = append(l.learned.Grids[p], g)
			}
		}
		return nil
	case l.sum.Counts != nil:
		values, counts := u.counted(l.sum.Counts)
		c, err := kmeans.OptimalCounts(values, counts, u.Options.Parts)
		if err != nil {
			return fmt.Errorf("weight %q: %w", u.Weight.Name, err)
		}
		l.sumUp(func(yield func(float32, int64, float64, float64)) {
			for i, v := range values {
				yield(v, counts[i], float64(v), 0)
			}
		})
		if u.Options.Strategy == "resolution" {
			l.sum.Bins = new(quant.Bins)
			for i, v := range values {
				l.sum.Bins.AddTimes(v, counts[i])
			}
		}
		l.divide(c)
		return nil
	}
	if l.sum.Bins != nil {
		l.sum.Summary = split.Summary(l.sum.Bins)
	}
	l.near = l.sum.Summary.Candidates()
	l.ask = &Question{Round: askNear, Bins: l.near.Bins()}
	return nil
}

// setRanges begins what is learned with the ranges of the weight, one for all or for
// each channel.
func (l *learner) setRanges(whole ranges) {
	l.learned = &Learned{Plain: l.u.gridsOf(whole, 1)[0]}
	var all quant.Range
	for _, r := range whole.R {
		all.Merge(r)
	}
	l.learned.Lo, l.learned.Hi = all.Lo, all.Hi
}

// sumUp takes from bins what they tell of all weights: each calls its argument with a
// value that has the upper 16 bits of those in a bin, their number, their mean and the
// sum of their squared distances to that.
func (l *learner) sumUp(each func(yield func(value float32, count int64, mean, inner float64))) {
	u := l.u
	if u.float() || u.grids() != 1 || u.Options.Parts > parts {
		return
	}
	plain := quant.NewCoder(nil, l.learned.Plain, u.Weight.Type == tensor.BFloat16)
	s := new(Sums)
	each(func(value float32, count int64, mean, inner float64) {
		s.Signal += float64(float64(count)*float64(mean*mean)) + inner
		if level, ok := plain.Level(value); ok {
			d := mean - float64(level)
			s.Plain += float64(float64(count)*float64(d*d)) + inner
		}
	})
	l.learned.Sums = s
}

// divide goes on from a clustering of the values.
func (l *learner) divide(c kmeans.Clustering) {
	u := l.u
	clusters := split.Clusters(c, u.Options.Parts)
	l.ask = &Question{Round: askRanges, Divisions: []split.Division{clusters}}
	known := l.beside(c) // the ranges of the parts; nil where pieces must be asked
	l.clusters = []kmeans.Clustering{c}
	if u.Options.Strategy == "resolution" {
		found, ranges, sure := split.ResolutionOf(l.sum.Bins.Line(), clusters, u.params)
		if l.ask.Divisions[0] = found; !sure {
			l.ask.Divisions, ranges = append(l.ask.Divisions, clusters), nil
		}
		known, l.clusters = ranges, nil
	}
	l.parts = make([]ranges, len(l.ask.Divisions))
	l.sum.Bins, l.sum.Summary, l.near = nil, nil, nil
	if len(l.parts) == 1 && (u.float() || known != nil && u.grids() == 1) {
		l.parts[0].R = known
		l.finish(0)
	}
}

// beside returns the ranges of clusters, nil where not all are known.
func (l *learner) beside(c kmeans.Clustering) []quant.Range {
	last, first, ok := c.Sides()
	if !ok {
		return nil
	}
	r := make([]quant.Range, l.u.Options.Parts)
	for p, n := range c.Counts {
		r[p] = quant.Range{Lo: l.learned.Lo, Hi: l.learned.Hi, N: n}
		if p > 0 {
			r[p].Lo = first[p-1]
		}
		if p < len(last) {
			r[p].Hi = last[p]
		}
	}
	return r
}

// finish takes one of the divisions.
func (l *learner) finish(i int) {
	l.done = true
	d := l.ask.Divisions[i]
	l.learned.Division, l.learned.Clusters = d, l.clusters
	if !l.u.float() {
		l.learned.Grids = l.u.gridsOf(l.parts[i], d.Parts())
	}
}

// gridsOf lays a grid over the range of every part: grids[part], one for all or
// for each channel.
func (u *Unit) gridsOf(r ranges, parts int) [][]quant.Grid {
	grids := make([][]quant.Grid, parts)
	for i, a := range r.R {
		grids[i%parts] = append(grids[i%parts], u.params.Fit(a.Lo, a.Hi))
	}
	return grids
}

// counted returns the finite values of a 16-bit type, ascending, and how often
// each occurs.
func (u *Unit) counted(codes []uint32) (values []float32, counts []int64) {
	raw, all := make([]byte, 2<<16), make([]float32, 1<<16)
	for c := range all {
		raw[2*c], raw[2*c+1] = byte(c), byte(c>>8)
	}
	_ = tensor.Float32s(all, raw, u.Weight.Type) // of as many bytes as there must be
	add := func(c int) {
		if v := all[c]; v-v == 0 {
			values, counts = append(values, v), append(counts, int64(codes[c]))
		}
	}
	for c := 1<<16 - 1; c >= 1<<15; c-- { // negative ones, the largest first
		add(c)
	}
	for c := range 1 << 15 {
		add(c)
	}
	return values, counts
}

// with appends what is learned of the rows that follow.
func (l *Learned) with(o *Learned) *Learned {
	if l == nil {
		return o
	}
	l.Lo, l.Hi = min(l.Lo, o.Lo), max(l.Hi, o.Hi)
	l.Division.Bounds = append(l.Division.Bounds, o.Division.Bounds...)
	l.Clusters = append(l.Clusters, o.Clusters...)
	l.Plain = append(l.Plain, o.Plain...)
	for p := range o.Grids {
		l.Grids[p] = append(l.Grids[p], o.Grids[p]...)
	}
	return l
}

// learnHere goes through the first stage with a source that holds the whole weight.
func (u *Unit) learnHere(ctx context.Context, s *source) (*Learned, error) {
	if !u.inRounds() {
		raw, values, err := s.all()
		if err != nil {
			return nil, err
		}
		if why := u.refusal(raw, values); why != "" {
			return &Learned{Refused: why}, nil
		}
		return u.learn(u.toRows(values), u.rows())
	}
	l := newLearner(u, 1)
	for !l.done {
		a, err := s.answer(ctx, l.ask)
		if err == nil {
			err = l.put(0, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return l.learned, nil
}

// learn finds the division of rows of the weight and the grids of their parts.
func (u *Unit) learn(values []float32, rows int) (l *Learned, err error) {
	clip, err := quant.ParseClip(u.Options.Clip)
	if err != nil {
		return nil, err
	}
	grids := 1
	if u.perRow {
		grids = rows
	}
	l = &Learned{Plain: plainGrids(values, grids, u.params, clip)}
	l.Lo, l.Hi, _ = quant.MinMax(values)
	switch {
	case u.codebook():
		l.Codebook, err = u.learnCodebook(values, clip)
	case !u.Split:
		l.Grids = [][]quant.Grid{l.Plain}
	case u.Options.Strategy == "residual":
		if !u.float() {
			l.Grids = split.ResidualGrids(values, grids, u.perRow, u.params, clip)
		}
	default:
		err = u.divide(l, values, rows, clip)
		if err == nil && !u.float() {
			l.Grids = l.Division.ClippedGrids(values, rows, u.perRow, u.params, clip)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("weight %q: %w", u.Weight.Name, err)
	}
	return l, nil
}

// divide finds the thresholds between the parts: with kmeans as many as there
// are kernels or blocks, with resolution as many as there are scales.
func (u *Unit) divide(l *Learned, values []float32, rows int, clip quant.Clip) (err error) {
	divisions := u.blocks
	switch {
	case u.kernels || u.perRow && u.Options.Strategy == "resolution":
		divisions = rows
	case u.group > 0:
		values = unpad(u, values)
	}
	if u.Options.Strategy == "resolution" {
		l.Division, err = split.Resolution(values, divisions, u.parts(), u.params, clip)
	} else {
		l.Division, l.Clusters, err = split.KMeansParts(values, divisions, u.parts())
	}
	if err == nil {
		l.Division = repeat(l.Division, rows/divisions)
	}
	return err
}

// repeat gives every row of a division n rows, next to each other; a division
// with one row is that of all.
func repeat(d split.Division, n int) split.Division {
	if n == 1 || len(d.Bounds) == 1 {
		return d
	}
	var r split.Division
	for _, b := range d.Bounds {
		r.Bounds = append(r.Bounds, slices.Repeat([][]float32{b}, n)...)
	}
	return r
}

// plainGrids lays a grid over the weight in one part: one for each of n rows.
func plainGrids(rows []float32, n int, params quant.Params, clip quant.Clip) []quant.Grid {
	grids := make([]quant.Grid, n)
	size := len(rows) / n
	for r := range grids {
		grids[r] = clip.Grid(rows[r*size:(r+1)*size], params)
	}
	return grids
}
