package words

func init() {
	add("zh", map[Text]string{
		"One large weight spoils such a rounding for all the small ones. So each layer is split into three, lower, middle and upper, whose outputs add up to the same, and each gets a scale of its own.":                                                                      "一个大的权重会毁掉所有小权重的舍入。因此每一层被拆成三层：下部、中部和上部，它们的输出相加与原来相同，而每一层有自己的缩放系数。",
		"SplitQuant makes neural networks small: it stores their weights in a few bits each.":                                                                                                                                                                                  "SplitQuant 让神经网络变小：每个权重只用几位存储。",
		"The method is by Song and Lin: “SplitQuant: Layer Splitting for Low-Bit Neural Network Quantization”, arXiv 2501.12428, 2025. What this program adds to it are exact clusters, splits with less error, and forms that store less; it says so wherever it shows them.": "方法来自 Song 和 Lin：“SplitQuant：Layer Splitting for Low-Bit Neural Network Quantization”，arXiv 2501.12428，2025。本程序增加了精确聚类、误差更小的拆分以及更省空间的形式；凡是出现这些的地方都会说明。",
		"They stay on this machine. The page reads, computes and writes in your browser and asks no other server for anything; it works without a network once it is loaded.":                                                                                                  "它们留在这台电脑上。读取、计算和写出都在你的浏览器里进行，不向任何其他服务器请求任何东西；页面载入之后无需网络也能工作。",
		"What happens to your files": "你的文件会怎样",
		"What it does":               "它做什么",
		"Whose idea it is":           "这是谁的想法",
		"About SplitQuant":           "关于 SplitQuant",
		"The paper on arXiv":         "arXiv 上的论文",
	})
}
