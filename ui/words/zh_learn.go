package words

func init() {
	add("zh", map[Text]string{
		"All lessons": "所有课程",
		"An hour about quantization: what a scale is, why one outlier spoils it, what clipping destroys, what splitting saves, and what it costs. Every picture is computed in this page while you move something.": "关于量化的一小时：什么是缩放系数，为什么一个离群值会毁掉它，截断破坏了什么，拆分挽救了什么，代价又是多少。每幅图都在你移动时由本页计算。",
		"Answer":              "答案",
		"Hint":                "提示",
		"Question":            "问题",
		"Lessons":             "课程",
		"Move something":      "动手调一调",
		"Next lesson":         "下一课",
		"Previous lesson":     "上一课",
		"Presenter size":      "演示字号",
		"Copy link":           "复制链接",
		"Save as PNG":         "保存为 PNG",
		"Save as SVG":         "保存为 SVG",
		"Save numbers as CSV": "把数字保存为 CSV",
		"Save or share":       "保存或分享",
		"Computing …":         "正在计算…",
		"The link could not be copied: %v. It is the address of this page.": "无法复制链接：%v。它就是本页的地址。",
		"The link is copied: it opens this lesson as it is now.":            "链接已复制：打开它就是本课现在的样子。",
		"This cannot be computed: %s.":                                      "无法计算：%s。",
		"The address of this page makes no sense and was ignored: %s.":      "本页的地址无法理解，已忽略：%s。",
		"This part of the address makes no sense and was ignored: %s.":      "地址中的这一部分无法理解，已忽略：%s。",
	})
}
