package words

func init() {
	add("zh", map[Text]string{
		"Type a message": "输入一条短信",
		"Message":        "短信",
		"spam":           "垃圾短信",
		"ham":            "正常短信",
		"Word pieces":    "词片",
		"Float says":     "浮点模型说",
		"Right of 120":   "120 条中答对",
		"A small language model that we trained tells spam from ham, as honest messages are called. Type one: it answers as it is, and as it is after quantization.": "我们训练的一个小语言模型能分辨垃圾短信和正常短信。输入一条：它给出原来的回答，以及量化之后的回答。",
		"It runs in ONNX Runtime, in this page; what you type stays on this machine.":                                                                                "它在本页的 ONNX Runtime 中运行；你输入的内容不会离开这台电脑。",
		"Measure all on 120 messages":                    "在 120 条短信上测量全部",
		"Measuring on 120 messages: %d models are done.": "正在 120 条短信上测量：已完成 %d 个模型。",
		"Quantized to 2 bits, does any of the models get worse, and if not, what is a split worth here?":                    "量化到 2 位后，有哪个模型变差了吗？如果没有，拆分在这里值什么？",
		"Being less sure is not yet being wrong. Measure all on 120 messages and read bits per weight beside every number.": "把握变小还不等于答错。在 120 条短信上测量全部，并在每个数字旁边读出每个权重的位数。",
		"No: at 2 bits even plain quantization gets 119 of the 120 messages right, as many as float. A few words decide what is spam, the table of words stays as it is, and no layer has outliers that matter. A split stores three times as much and has nothing to win back. It pays where plain quantization breaks, as with the digits, and that has to be measured.": "没有：即使是 2 位的普通量化，120 条短信中也答对 119 条，和浮点一样多。几个词就决定了什么是垃圾短信，词表保持原样，也没有哪一层的离群值要紧。拆分要存三倍的位数，却没有什么可挽回的。只有在普通量化会坏掉的地方它才划算，比如数字，而这必须测量。",
	})
}
