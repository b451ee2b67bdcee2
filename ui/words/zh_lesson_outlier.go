package words

func init() {
	add("zh", map[Text]string{
		"A heap of small weights around zero, one weight at %s, and %d levels over all of them, %s apart.": "零附近有一堆小权重，另有一个权重在 %s 处，%d 个量化级覆盖所有权重，级距 %s。",
		"An outlier arrives": "离群值来了",
		"Drag the one large weight away and watch what becomes of the levels under the many small ones.":                                                                                                                 "把那个大的权重拖远，看看许多小权重下面的量化级变成什么样。",
		"Here are 120 weights, as they lie in a layer: most of them close to zero. The levels must span all of them, so the smallest and the largest weight decide the scale.":                                           "这里有 120 个权重，分布就像在一个层里那样：大多数接近零。量化级必须覆盖全部权重，所以最小和最大的权重决定缩放系数。",
		"In the end one: zero. The scale grows with the outlier, and once it is more than twice as large as the small weights, all of them round to the same level. The layer has forgotten everything but its outlier.": "最后只剩一个：零。缩放系数随离群值增大，一旦它超过小权重的两倍，所有小权重都舍入到同一级。除了离群值，这一层什么都不记得了。",
		"Look at the figure “numbers the small ones become” while you drag.":                                                                                                                                             "拖动时看着“小权重变成几个不同的数”。",
		"Numbers the small ones become": "小权重变成几个不同的数",
		"SQNR of the small ones":        "小权重的 SQNR",
		"Scale without the outlier":     "没有离群值时的缩放系数",
		"The large weight":              "大的权重",
		"With 2 bits, drag the large weight from 1 to 6. How many different numbers are left for the 120 small ones?": "用 2 位，把大的权重从 1 拖到 6。120 个小权重还剩下几个不同的数？",
		"outlier": "离群值",
	})
}
