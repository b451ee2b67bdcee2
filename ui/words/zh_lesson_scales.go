package words

func init() {
	add("zh", map[Text]string{
		"Choose each of the three and read the SQNR: 6 dB more is half the error.": "依次选择三种，读 SQNR：多 6 dB 误差减半。",
		"Digits": "按位",
		"Each of the three parts gets levels of its own. The middle one, where nearly all weights are, no longer has to reach for the outliers.": "三个部分各有自己的量化级。几乎所有权重所在的中部，不必再伸到离群值那里去。",
		"Largest error":          "最大误差",
		"Least error":            "误差最小",
		"One scale, %s":          "一个缩放系数，%s",
		"Plain":                  "普通",
		"Split by":               "拆分依据",
		"Stored for each weight": "每个权重的存储",
		"The digits have the least error: three digits of 2 bits are one code of 6 bits, 64 levels over the whole range. But each weight then stands in all three parts. Of the two that divide, the thresholds with the least error are never worse than k-means, which makes the clusters tight and knows nothing of levels.": "按位的误差最小：三个 2 位的数字就是一个 6 位的编码，在整个范围内有 64 级。但这时每个权重都在三个部分中。在两种划分方式里，误差最小的阈值从不比 k-means 差，因为 k-means 只让聚类紧凑，对量化级一无所知。",
		"The paper divides by k-means. One can also look for the thresholds with the least rounding error, or write one fine code in three digits: compare them.":                                                                                                                                                               "论文用 k-means 划分。也可以寻找舍入误差最小的阈值，或者把一个精细的编码写成三位数字：比较一下。",
		"The same weights twice: over the levels of one scale, and over those of three. The signal-to-noise ratio is %s with one scale and %s with three.":                                                                                                                                                                      "同样的权重画了两次：一次在一个缩放系数的量化级上，一次在三个缩放系数的量化级上。信噪比分别为 %s 和 %s。",
		"Three scales":     "三个缩放系数",
		"Three scales: %s": "三个缩放系数：%s",
		"Way":              "方式",
		"Which split has the least error at 2 bits, and which of them still puts every weight into one part only?": "2 位时哪种拆分误差最小？其中哪些仍把每个权重只放进一个部分？",
		"k-means":                  "k-means",
		"k-means, as in the paper": "k-means，与论文相同",
		"least rounding error":     "舍入误差最小",
		"three digits of one code": "一个编码的三位数字",
	})
}
