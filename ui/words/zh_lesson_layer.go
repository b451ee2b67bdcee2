package words

func init() {
	add("zh", map[Text]string{
		"A layer multiplies its input by a matrix of weights. SplitQuant makes three layers of it: each weight goes, unchanged, to the lower, the middle or the upper one, and the others have 0 in its place.": "一个层用权重矩阵乘它的输入。SplitQuant 把它变成三个层：每个权重原样进入下部、中部或上部，另外两个在该处为 0。",
		"A matrix of weights and the three matrices that add up to it, each with its outputs; the numbers are written in the cells.":                                                                            "一个权重矩阵，以及相加等于它的三个矩阵，各自带有输出；数字写在格子里。",
		"All three get the same input, and their outputs are added. Nothing is lost by that: only now can each be rounded on a scale of its own.":                                                               "三个层得到同样的输入，输出相加。这样不损失任何东西：只是现在每个都能用自己的缩放系数舍入。",
		"Difference": "差",
		"How far apart are the outputs of the one layer and of the three, as long as nothing is rounded?": "只要不舍入，一个层的输出与三个层的输出相差多少？",
		"Largest difference of the outputs": "输出的最大差",
		"Largest difference of the weights": "权重的最大差",
		"Not at all, or by the last digit that a float has: every weight stands in exactly one of the three, so their sum is the old matrix, bit for bit. Only the order of the additions is another. The error comes with the rounding, not with the split.": "完全不差，或只差浮点数的最后一位：每个权重恰好在三个之一中，所以它们的和逐位等于原来的矩阵。只是相加的顺序不同。误差来自舍入，而不是拆分。",
		"One of the weights":  "其中一个权重",
		"Output of L":         "L 的输出",
		"Output of M":         "M 的输出",
		"Output of U":         "U 的输出",
		"Output of the layer": "该层的输出",
		"Read “largest difference”, and move the weight through zero and to the other end.": "读“最大差”，并把权重移过零，一直到另一端。",
		"Row":                   "行",
		"Splitting a layer":     "拆分一个层",
		"Sum of the three":      "三者之和",
		"The layer":             "原来的层",
		"Weights in L, M, U":    "L、M、U 中的权重",
		"as they are, in float": "保持不变，浮点",
		"rounded to 2 bits":     "舍入到 2 位",
		"rounded to 3 bits":     "舍入到 3 位",
		"rounded to 4 bits":     "舍入到 4 位",
	})
}
