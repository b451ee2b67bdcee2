package words

func init() {
	add("zh", map[Text]string{
		"Activations of three groups of channels: on one scale together, and each group on a scale of its own.":                                                                                 "三组通道的激活值：合在一个缩放系数上，以及每组各用自己的缩放系数。",
		"Activations, the numbers between the layers, can be quantized too. They are not known beforehand and cannot be clustered, but their channels often differ: some are quiet, some loud.": "激活值是层与层之间的数，也可以量化。它们事先不知道，无法聚类，但各通道往往不同：有的安静，有的响亮。",
		"All channels on one scale":      "所有通道共用一个缩放系数",
		"Channels":                       "通道",
		"First chunk":                    "第一段",
		"Second chunk":                   "第二段",
		"Third chunk":                    "第三段",
		"How loud the last channels are": "最后的通道有多响",
		"Levels used":                    "用到的量化级",
		"Loud channels":                  "响亮的通道",
		"Quiet channels in three chunks": "分三段时的安静通道",
		"Quiet channels on one scale":    "一个缩放系数时的安静通道",
		"Make the last channels as quiet as the first. What do the three chunks gain then?":             "让最后的通道和最前的一样安静。这时三段有什么好处？",
		"Move the slider to 0.2 and compare the SQNR of the quiet channels on one scale and in chunks.": "把滑块移到 0.2，比较安静通道在一个缩放系数时和分三段时的 SQNR。",
		"Next to nothing: where all channels have the same range, three scales are equal to one. What a cut gains depends on the channels, and on luck: loud channels that lie in every chunk spoil all three. That is why this program measures it before it promises anything.": "几乎没有：所有通道范围相同时，三个缩放系数等于一个。切分有多少好处取决于通道，也取决于运气：如果每一段里都有响亮的通道，三段全都会被毁掉。所以本程序先测量，再下结论。",
		"So the channels are cut into three chunks by their place, and each chunk gets levels of its own. The function in between works number by number, so it does not notice.":                                                                                                 "所以按位置把通道切成三段，每段有自己的量化级。中间的函数逐个数计算，所以察觉不到。",
		"Splitting activations": "拆分激活",
		"all":                   "全部",
		"scale %s":              "缩放系数 %s",
	})
}
