local maps = import 'maps.libsonnet';
[
  maps.configMap('b', { n: 'one' }),
  { apiVersion: 'v1', kind: 'List', items: [maps.configMap('c', { n: 'two' })] },
]
