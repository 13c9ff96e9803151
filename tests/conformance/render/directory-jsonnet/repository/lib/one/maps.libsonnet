error 'the library named last wins'
