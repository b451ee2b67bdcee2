package words

func init() {
	add("zh", map[Text]string{
		"%.0f\u00a0s":            "%.0f\u00a0秒",
		"%.1f\u00a0min":          "%.1f\u00a0分钟",
		"%.1f\u00a0s":            "%.1f\u00a0秒",
		"%.2f\u00a0bits":         "%.2f\u00a0位",
		"%s to %s":               "%s 至 %s",
		"about %d\u00a0h left":   "还需约 %d\u00a0小时",
		"about %d\u00a0min left": "还需约 %d\u00a0分钟",
		"about %d\u00a0s left":   "还需约 %d\u00a0秒",
		"byte":                   "字节",
		"bytes":                  "字节",
		"exact":                  "完全一致",
		"infinite":               "无穷大",
		"not a number":           "不是数",
		"scalar":                 "标量",
		"under 0.1\u00a0s":       "不到 0.1\u00a0秒",
	})
}
