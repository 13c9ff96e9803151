'beside the file'
