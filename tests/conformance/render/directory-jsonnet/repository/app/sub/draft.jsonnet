error 'excluded'
