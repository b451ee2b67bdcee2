package words

func init() {
	add("zh", map[Text]string{
		"Your own model": "你自己的模型",
		"The same pictures of a real model: the one that is open in the tool. Above are the weights of one layer with the levels of plain quantization, below with those of the split.": "同样的图，画的是真实的模型：工具中打开的那一个。上面是某一层的权重和普通量化的级别，下面是拆分的级别。",
		"Go through the layers: not every one has outliers, and a split pays only where one has.":                                                                                       "逐层看看：并非每一层都有离群值，只有有离群值的层拆分才划算。",
		"Open a model in the tool": "在工具中打开模型",
		"Take the sample":          "使用示例模型",
		"No model is open. Open yours in the tool, or take the sample.": "没有打开模型。请在工具中打开你的模型，或使用示例模型。",
		"Split":                  "拆分",
		"Plain, in no more room": "普通，不占更多空间",
		"%d of %d: %s":           "%d / %d：%s",
		"Split by %s, %d bits":   "按 %s 拆分，%d 位",
		"Weights in part %s":     "%s 部分的权重",
		"The histogram of %s twice: over the levels of plain quantization, and over those of the split.":                                                                                                                                                           "%s 的直方图画了两次：一次在普通量化的级别上，一次在拆分的级别上。",
		"In which layer does the split gain most over plain quantization, and is it also better than plain quantization of its own size?":                                                                                                                          "在哪一层拆分比普通量化收益最大？它也比同样大小的普通量化更好吗？",
		"Read the three numbers above the picture layer by layer, with the bits that each stores.":                                                                                                                                                                 "逐层读出图上方的三个数字，以及各自存储的位数。",
		"It gains most where a few weights lie far from all others: there plain quantization leaves the others only one or two levels. At its own size the rival has many more levels; only the digits of one code keep up with it, since they are the same code.": "在少数权重远离其他权重的层收益最大：那里普通量化只给其他权重留下一两个级别。同样大小时，对手有多得多的级别；只有同一个码的各位数字能跟上它，因为它们就是同一个码。",
	})
}
