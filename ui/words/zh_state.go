package words

func init() {
	add("zh", map[Text]string{
		"No layer is left to work on. Tick one in the table.": "没有要处理的层。请在表中勾选一个。",
		"These options do not go together: %s.":               "这些选项不能同时使用：%s。",
		"This model has no layer that can be worked on.":      "这个模型没有可以处理的层。",
	})
}
