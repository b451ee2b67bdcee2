package words

func init() {
	add("zh", map[Text]string{
		"The number line": "数轴",
		"A weight is a number. To store it in b bits, it must become one of 2ᵇ levels, which lie evenly spaced: the distance between two of them is the scale.": "权重是一个数。要用 b 位存储，它必须变成 2ᵇ 个等距的量化级之一：相邻两级之间的距离就是缩放系数。",
		"Each weight is rounded to the nearest level, and its number, the code, is what is stored. The zero point is the code of 0, so that 0 stays exactly 0.": "每个权重舍入到最近的量化级，存储的是该级的编号，即编码。零点是 0 的编码，这样 0 仍然正好是 0。",
		"The weight w":                   "权重 w",
		"over the range of the weights":  "覆盖权重的范围",
		"the same to both sides of zero": "对称分布在零的两侧",
		"Take 2 bits. Move w between two levels: how large can its error get?":               "取 2 位。把 w 在两个量化级之间移动：它的误差最大能有多大？",
		"Try the place exactly in the middle between two levels, then one close to a level.": "试试两级的正中间，再试试靠近某一级的地方。",
		"Half the scale, and not more: levels are one scale apart, so the nearest is at most half a scale away. Every bit more has about twice as many levels in the same range, so the scale and the largest error are halved.": "缩放系数的一半，不会更多：相邻两级相距一个缩放系数，所以最近的一级至多在半个缩放系数之外。每多一位，同样的范围内约有两倍的量化级，缩放系数和最大误差都减半。",
		"A number line with %d weights, and arrows to the nearest of %d levels. The weight w, %s, becomes %s.":                                                                                                                   "数轴上有 %d 个权重，箭头指向 %d 个量化级中最近的一个。权重 w 为 %s，变成 %s。",
		"Becomes":    "变成",
		"Code":       "编码",
		"Code of w":  "w 的编码",
		"Error":      "误差",
		"Error of w": "w 的误差",
		"Scale":      "缩放系数",
		"Weight":     "权重",
		"Zero point": "零点",
		"w becomes":  "w 变成",
		"weights":    "权重",
	})
}
