package words

func init() {
	add("zh", map[Text]string{
		"Cancel":                 "取消",
		"Download (%s)":          "下载（%s）",
		"Download last run (%s)": "下载上次的结果（%s）",
		"Save to …":              "保存到…",
		"Saving to %s":           "将保存到 %s",
		"layer %s of %s, %s":     "第 %s 层，共 %s 层，%s",
		"starting":               "正在开始",
		"writing the file":       "正在写文件",
		"Choose before the run where the result is saved. It can be downloaded as well.": "运行之前选择结果保存在哪里。之后也可以下载。",
		"Dismiss":  "关闭",
		"Progress": "进度",
		"Run":      "运行",
	})
}
