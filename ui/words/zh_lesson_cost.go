package words

func init() {
	add("zh", map[Text]string{
		"%s in %s": "%s，用 %s",
		"Compare":  "比较",
		"Compare it with both, without outliers and with many. Then try the split that stores a table.":                                                   "与两者比较，没有离群值时和有许多离群值时都试试。然后试试存成表的拆分。",
		"Here are many ways to store one layer of 2,000 weights: to the right costs more, up is more faithful. Nothing beats a point on the dotted line.": "这里是存储一个 2，000 个权重的层的许多方式：越往右代价越高，越往上越忠实。没有什么能胜过虚线上的点。",
		"Is split INT2, as in the paper, better than plain INT4? And than plain INT6, which has its size?":                                                "像论文那样拆分的 INT2 比普通 INT4 好吗？比同样大小的普通 INT6 呢？",
		"Outliers among the 2,000 weights":                                     "2，000 个权重中的离群值",
		"P plain, K k-means, R least error, D digits, T table, F free palette": "P 普通，K k-means，R 误差最小，D 按位，T 表，F 任意值调色板",
		"SQNR in dB": "SQNR(dB)",
		"Three layers of 2 bits store 6 bits for each weight, not 2. So the honest question is not whether a split is better than plain INT2, but whether it is better than anything else of its size.":                                                                                                                                                                                                                             "三个 2 位的层为每个权重存 6 位，而不是 2 位。所以诚实的问题不是拆分是否比普通 INT2 好，而是它是否比同样大小的其他任何方式好。",
		"Not by itself. Without outliers plain INT4 keeps more, and in 4 bits instead of 6; with many of them split INT2 is a little ahead, and still stores more. At its own size the rival is INT6: the three digits are just that, in 6 bits, and far ahead. What makes a split worth its bits is the table: an index of 4 bits for each weight, and it beats plain INT4 at nearly the same size as soon as there are outliers.": "单凭它自己，不是。没有离群值时，普通 INT4 保留得更多，而且只用 4 位而不是 6 位；离群值很多时，拆分 INT2 略微领先，但仍然存得更多。同样大小的对手是 INT6：三位数字正是 INT6，用 6 位存储，遥遥领先。让拆分物有所值的是表：每个权重一个 4 位的索引，只要有离群值，它就能以几乎同样的大小胜过普通 INT4。",
		"Ways to quantize as points: stored bits per weight to the right, signal-to-noise ratio upwards.": "各种量化方式画成点：向右是每个权重存储的位数，向上是信噪比。",
		"What it costs":                 "代价是多少",
		"four parts in a table, fitted": "四个部分存成表，拟合",
		"palette of 16 free values":     "16 个任意值的调色板",
		"plain INT2":                    "普通 INT2",
		"plain INT3":                    "普通 INT3",
		"plain INT4":                    "普通 INT4",
		"plain INT6":                    "普通 INT6",
		"plain INT8":                    "普通 INT8",
		"split INT2 in a table":         "拆分 INT2，存成表",
		"split INT2, as in the paper":   "拆分 INT2，与论文相同",
		"split INT2, least error":       "拆分 INT2，误差最小",
		"split INT4, as in the paper":   "拆分 INT4，与论文相同",
		"stored bits per weight":        "每个权重存储的位数",
		"three digits of 2 bits":        "三个 2 位的数字",
		"with":                          "与",
	})
}
