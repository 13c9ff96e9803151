error 'never evaluated by itself'
