package words

func init() {
	add("zh", map[Text]string{
		"Centre L": "中心 L",
		"Centre M": "中心 M",
		"Centre U": "中心 U",
		"Compare the inertia at the end with the least possible one.": "比较最后的惯量与可能的最小惯量。",
		"Inertia":                          "惯量",
		"Inertia at the end":               "最后的惯量",
		"Inertia now":                      "现在的惯量",
		"Least possible":                   "可能的最小值",
		"Lloyd's algorithm, step %d of %d": "Lloyd 算法，第 %d 步，共 %d 步",
		"Moved":                            "移动",
		"No. Lloyd's algorithm only goes downhill, and ends in the nearest valley: a bad start gives two centres to one heap and lets one centre serve two. Started at random, as the paper's program does, it gives another result each time. The exact optimum is the same for everybody.": "不是。Lloyd 算法只往下走，停在最近的谷底：坏的起点会把两个中心给了一堆，而让一个中心管两堆。像论文的程序那样随机开始，每次结果都不同。精确的最优解对每个人都一样。",
		"One step": "走一步",
		"SplitQuant divides the weights into three clusters, lower, middle and upper. Lloyd's algorithm finds them by turns: each weight goes to the nearest centre, then each centre moves to the middle of its weights.": "SplitQuant 把权重分成三个聚类：下部、中部和上部。Lloyd 算法轮流进行：每个权重归到最近的中心，然后每个中心移到它的权重的平均处。",
		"Start":      "起点",
		"Start over": "重新开始",
		"Step":       "步",
		"Step to the end from each of the three starts. Do all of them arrive at the best division?": "从三个起点分别走到底。它们都到达最好的划分吗？",
		"The best there is":       "最好的划分",
		"Three clusters: k-means": "三个聚类：k-means",
		"To the end":              "走到底",
		"Weights in three heaps, divided by the step %d of Lloyd's algorithm, and below by the exact optimum.": "三堆权重，上面是 Lloyd 算法第 %d 步的划分，下面是精确的最优划分。",
		"Weights that changed sides": "换了归属的权重",
		"What k-means makes small is the inertia, the sum of the squared distances to the centres. On a line the best division can be computed exactly, and that is what this program does.": "k-means 要减小的是惯量，即到中心距离的平方和。在一条直线上可以精确算出最好的划分，本程序就是这样做的。",
		"all centres in the middle": "中心都在中间",
		"all centres to the right":  "中心都在右边",
		"best":                      "最优",
		"centres spread out":        "中心分散",
		"inertia %s":                "惯量 %s",
	})
}
