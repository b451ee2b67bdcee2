package words

func init() {
	add("zh", map[Text]string{
		" One model at a time: %s was left out.":    "一次只能打开一个模型：%s 未打开。",
		" The run of the model before was stopped.": "上一个模型的运行已停止。",
		"%s could not be opened: %s.":               "无法打开 %s：%s。",
		"%s is open: %s.":                           "%s 已打开：%s。",
		", ":                                        "，",
		"Cancelled. The model is still open.":       "已取消。模型仍然打开。",
		"Done: %s became %s, SQNR %s.":              "完成：%s 变成 %s，SQNR %s。",
		"Done: %s became %s.":                       "完成：%s 变成 %s。",
		"Opening %s.":                               "正在打开 %s。",
		"Running.":                                  "正在运行。",
		"Saved to %s.":                              "已保存到 %s。",
		"Something in the page went wrong: %v. The model is still open.":       "页面出错：%v。模型仍然打开。",
		"The model could not be quantized: %s.":                                "无法量化模型：%s。",
		"The result could not be saved to %s: %v. It can still be downloaded.": "结果无法保存到 %s：%v。仍可下载。",
		"The run failed. The model is still open.":                             "运行失败。模型仍然打开。",
		"The sample could not be loaded: %v.":                                  "无法加载示例：%v。",
		"The weights could not be looked at: %s.":                              "无法查看权重：%s。",
		"layer":                     "层",
		"layers":                    "层",
		"the engine gave no answer": "引擎没有回答",
		"the engine gave no result": "引擎没有给出结果",
	})
}
