package words

func init() {
	add("zh", map[Text]string{
		". This page works without a server: models are read, quantized and written in your browser.": "。本页不需要服务器：模型的读取、量化和写出都在你的浏览器中进行。",
		"SplitQuant (Song and Lin, 2025)":      "SplitQuant（Song 和 Lin，2025）",
		"The method is":                        "所用方法：",
		"Version %s":                           "版本 %s",
		"Version %s, commit %s":                "版本 %s，提交 %s",
		"A new version of this page is ready.": "本页的新版本已就绪。",
		"A new version of this page is ready. To load it closes the model that is open.": "本页的新版本已就绪。加载新版本会关闭当前打开的模型。",
		"Reload": "重新加载",
		"Later":  "稍后",
	})
}
