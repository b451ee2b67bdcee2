package words

func init() {
	add("zh", map[Text]string{
		"%d bits":         "%d 位",
		"Bits per weight": "每个权重的位数",
		"Each step up is ten times as many weights, so that a single outlier is still seen.":    "每上一格，权重的个数是十倍，这样单个离群值也看得见。",
		"How many numbers the weight of the layer holds.":                                       "该层的权重包含多少个数。",
		"How the weights are spread over the range: a small histogram, on a logarithmic scale.": "权重在范围内的分布：一个小直方图，对数刻度。",
		"Largest weight": "最大的权重",
		"Operator":       "算子",
		"Quantized to the same number of bits without splitting, for comparison.": "量化到同样的位数但不拆分，用于比较。",
		"Shape": "形状",
		"Signal-to-quantization-noise ratio: how much stronger the weights are than the error that rounding them made. More is better; 6 dB more is half the error.": "信号与量化噪声之比：权重比舍入造成的误差强多少。越大越好；多 6 dB 误差就减半。",
		"The dimensions of the weight: for a convolution output channels × input channels × kernel.":                                                                 "权重的维度：卷积为 输出通道 × 输入通道 × 卷积核。",
		"The lower, middle and upper weights of a layer: the three groups whose members lie closest together.":                                                       "一层的下部、中部和上部权重：成员彼此最接近的三组。",
		"The outlier: the weight that is farthest from zero, and what is left of it after quantization. Clipping destroys it; a split keeps it.":                     "离群值：离零最远的权重，以及量化后它还剩多少。截断会毁掉它；拆分会保留它。",
		"The smallest and the largest weight. Quantization spreads its few levels over this span.":                                                                   "最小和最大的权重。量化把它不多的量化级铺在这个区间上。",
		"The values that a quantized weight can have. Every weight is rounded to the nearest level of its part.":                                                     "量化后的权重可以取的值。每个权重舍入到它所在部分最近的量化级。",
		"The weight at which one cluster ends and the next begins.":                                                                                                  "一个聚类结束、下一个聚类开始处的权重。",
		"Values": "取值",
		"What one weight takes in the file, scales and zero points included. Three layers of 2 bits store 6.": "一个权重在文件中占多少位，包括缩放系数和零点。三个 2 位的层共存 6 位。",
		"What the layer computes: Conv is a convolution, Gemm and MatMul are matrix products.":                "该层计算什么：Conv 是卷积，Gemm 和 MatMul 是矩阵乘法。",
		"colours: clusters":      "颜色：聚类",
		"dashed: boundaries":     "虚线：边界",
		"lines and dots: levels": "线和点：量化级",
	})
}
