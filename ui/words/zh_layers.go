package words

func init() {
	add("zh", map[Text]string{
		"%s of %s worked on":              "处理 %s / %s",
		"%s, all of them worked on":       "%s，全部处理",
		"Hide":                            "收起",
		"Show layers":                     "显示各层",
		"Work on":                         "处理",
		"Layers":                          "层",
		"Open a model to see its layers.": "打开模型即可查看它的各层。",
		"The layers of the model":         "模型的各层",
		"This model has no layer with weights. Running it copies the file unchanged.": "这个模型没有带权重的层。运行只会原样复制文件。",
		"Work on all layers": "处理所有层",
	})
}
