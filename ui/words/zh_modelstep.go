package words

func init() {
	add("zh", map[Text]string{
		"Choose a file":               "选择文件",
		"Open another":                "打开另一个",
		"Opening %s …":                "正在打开 %s …",
		"Sample (digits, %s)":         "示例（手写数字，%s）",
		"Try the sample (digits, %s)": "试试示例（手写数字，%s）",
		"parameter":                   "个参数",
		"parameters":                  "个参数",
		"Drop a model here":           "把模型拖到这里",
		"Model":                       "模型",
		"Nothing leaves this machine: the work is done in this page.":                                                                                           "数据不会离开这台电脑：一切都在本页中完成。",
		"Quantize a neural network to 2 bits, and keep its outliers.":                                                                                           "把神经网络量化到 2 位，并保留离群值。",
		"SplitQuant divides the weights of each layer among three layers before it rounds them, so that one large weight no longer spoils the many small ones.": "SplitQuant 在舍入之前把每一层的权重分到三个层里，这样一个大的权重就不会再毁掉许多小的权重。",
		"a file, several, a folder or a ZIP: ONNX, safetensors, PyTorch, GGUF, NumPy":                                                                           "一个或多个文件、文件夹或 ZIP：ONNX、safetensors、PyTorch、GGUF、NumPy",
	})
}
