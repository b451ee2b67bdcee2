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
		"This file does not say what its layers are; their names do, mostly. Correct it here.": "这个文件没有说明各层是什么；名称大多能说明。可在此更正。",
		"What %s is":       "%s 是什么",
		"a Linear or Conv": "Linear 或 Conv",
		"an embedding":     "嵌入",
	})
}
