package words

func init() {
	add("zh", map[Text]string{
		"Auto":                          "自动",
		"Dark":                          "深色",
		"Light":                         "浅色",
		"Colours":                       "配色",
		"smaller models, outliers kept": "模型更小，离群值不丢",
	})
}
