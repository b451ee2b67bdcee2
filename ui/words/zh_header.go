package words

func init() {
	add("zh", map[Text]string{
		"Auto":                          "自动",
		"Dark":                          "深色",
		"Light":                         "浅色",
		"Colours":                       "配色",
		"Language":                      "语言",
		"Screens":                       "页面",
		"Tool":                          "工具",
		"Learn":                         "学习",
		"About":                         "关于",
		"smaller models, outliers kept": "模型更小，离群值不丢",
	})
}
