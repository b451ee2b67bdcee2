package words

func init() {
	add("zh", map[Text]string{
		"Choose a folder": "选择文件夹",
		"Keep the model for my next visit, on this machine":                                                                            "在本机保留模型，供下次访问使用",
		"The browser keeps a copy of the file and your choices until you open another model or untick this. Nothing is sent anywhere.": "浏览器会保留文件副本和你的选择，直到你打开其他模型或取消勾选。不会发送到任何地方。",
		"Go on with %s":              "继续处理 %s",
		"%s was not opened: %v.":     "未打开 %s：%v。",
		"it is no address of a file": "它不是文件地址",
		"only files beside this page are opened, nothing is asked of any other place": "只打开本页面旁边的文件，不会向其他地方请求",
		"it lies outside the folder of this page":                                     "它位于本页面的文件夹之外",
		"Nothing is kept, and what was kept is deleted.":                              "不保留任何内容，已保留的已删除。",
		"%s is kept for your next visit, on this machine.":                            "%s 已保留在本机，供下次访问使用。",
	})
}
