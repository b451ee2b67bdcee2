package words

func init() {
	add("zh", map[Text]string{
		"%s %%":                      "%s %%",
		"Clipping: the easy way out": "截断：省事的办法",
		"Error of all":               "总误差",
		"Error of the outlier":       "离群值的误差",
		"Error of the small weights": "小权重的误差",
		"Find the percentage with the least error in all. What has become of the outlier there?": "找出总误差最小的百分比。在那里离群值变成了什么？",
		"Go down from 100 % step by step, and read both errors.":                                 "从 100 % 一步步往下，读两个误差。",
		"Percentage": "百分比",
		"Small weights, an outlier, and levels over %s of them; below, the squared error of the outlier and of the small weights for every percentage.": "小权重、一个离群值，以及覆盖其中 %s 的量化级；下面是每个百分比时离群值和小权重的平方误差。",
		"The outlier, 4, becomes": "离群值 4 变成",
		"The small weights get their levels back. The outlier, which the network may need most, is gone.":                                                                                                                                                                 "小权重又有了自己的量化级。而网络也许最需要的离群值没有了。",
		"The usual remedy is to let the levels span only part of the weights, such as 99 % of them. What lies outside is clipped: it becomes the outermost level.":                                                                                                        "通常的补救办法是让量化级只覆盖一部分权重，例如 99 %。范围之外的被截断：变成最外面的一级。",
		"There is no good place. As soon as the outlier is clipped, its own error is larger than the error of all small weights together; before that, the small ones have hardly a level of their own. Clipping trades one damage for the other; a split needs neither.": "没有好的位置。离群值一旦被截断，它自己的误差就比所有小权重的误差之和还大；在那之前，小权重几乎没有自己的量化级。截断是用一种损害换另一种损害；拆分两者都不需要。",
		"Weights inside the range": "范围内的权重",
		"all together":             "合计",
		"squared error":            "平方误差",
		"the outlier":              "离群值",
		"the small weights":        "小权重",
	})
}
