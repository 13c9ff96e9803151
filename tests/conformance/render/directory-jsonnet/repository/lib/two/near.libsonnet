'in a library'
