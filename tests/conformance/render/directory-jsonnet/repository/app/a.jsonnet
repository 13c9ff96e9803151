// One object. The library found last wins, and what lies beside the file wins over both.
local maps = import 'maps.libsonnet';
local near = import 'near.libsonnet';
function(tier='none', ports=[]) maps.configMap('a', {
  where: std.extVar('where'),
  replicas: std.toString(std.extVar('replicas')),
  tier: tier,
  ports: std.manifestJsonMinified(ports),
  near: near,
  text: importstr 'sub/text.txt',
})
