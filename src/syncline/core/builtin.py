"""The types of the kinds Kubernetes 1.37.2 serves, as far as server-side apply and the server's defaults care.

The law: what is not written here is a map that merges field by field, or a list that is replaced as a whole, and a
field whose empty value the server forgets.  `schema.py` explains the notation.
"""
# ruff: noqa: E501 - a table, one type a line

from __future__ import annotations

from typing import Final

TYPES: Final = """\
admissionregistration.v1.MatchResources @ excludeResourceRules:[]admissionregistration.v1.NamedRuleWithOperations matchPolicy:!="Equivalent" namespaceSelector:meta.v1.LabelSelector={} objectSelector:meta.v1.LabelSelector={} resourceRules:[]admissionregistration.v1.NamedRuleWithOperations
admissionregistration.v1.MutatingAdmissionPolicy metadata:meta.v1.ObjectMeta spec:admissionregistration.v1.MutatingAdmissionPolicySpec
admissionregistration.v1.MutatingAdmissionPolicyBinding metadata:meta.v1.ObjectMeta spec:admissionregistration.v1.MutatingAdmissionPolicyBindingSpec
admissionregistration.v1.MutatingAdmissionPolicyBindingSpec matchResources:admissionregistration.v1.MatchResources paramRef:admissionregistration.v1.ParamRef
admissionregistration.v1.MutatingAdmissionPolicySpec failurePolicy:! matchConditions:[name] matchConstraints:admissionregistration.v1.MatchResources paramKind:admissionregistration.v1.ParamKind variables:[]admissionregistration.v1.ParamKind
admissionregistration.v1.MutatingWebhook clientConfig:admissionregistration.v1.WebhookClientConfig failurePolicy:! matchConditions:[name] matchPolicy:! namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector reinvocationPolicy:! rules:[]admissionregistration.v1.RuleWithOperations sideEffects:! timeoutSeconds:!
admissionregistration.v1.MutatingWebhookConfiguration metadata:meta.v1.ObjectMeta webhooks:[name]admissionregistration.v1.MutatingWebhook
admissionregistration.v1.NamedRuleWithOperations @ scope:!="*"
admissionregistration.v1.ParamKind @
admissionregistration.v1.ParamRef @ parameterNotFoundAction:! selector:meta.v1.LabelSelector
admissionregistration.v1.RuleWithOperations scope:!="*"
admissionregistration.v1.ServiceReference path:! port:!
admissionregistration.v1.ValidatingAdmissionPolicy metadata:meta.v1.ObjectMeta spec:admissionregistration.v1.ValidatingAdmissionPolicySpec
admissionregistration.v1.ValidatingAdmissionPolicyBinding metadata:meta.v1.ObjectMeta spec:admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec matchResources:admissionregistration.v1.MatchResources paramRef:admissionregistration.v1.ParamRef validationActions:[set]
admissionregistration.v1.ValidatingAdmissionPolicySpec failurePolicy:! matchConditions:[name] matchConstraints:admissionregistration.v1.MatchResources paramKind:admissionregistration.v1.ParamKind validations:[]admissionregistration.v1.Validation variables:[name]admissionregistration.v1.ParamKind
admissionregistration.v1.ValidatingWebhook clientConfig:admissionregistration.v1.WebhookClientConfig failurePolicy:! matchConditions:[name] matchPolicy:! namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector rules:[]admissionregistration.v1.RuleWithOperations sideEffects:! timeoutSeconds:!
admissionregistration.v1.ValidatingWebhookConfiguration metadata:meta.v1.ObjectMeta webhooks:[name]admissionregistration.v1.ValidatingWebhook
admissionregistration.v1.Validation reason:!
admissionregistration.v1.WebhookClientConfig service:admissionregistration.v1.ServiceReference url:!
apiextensions.v1.CustomResourceConversion webhook:apiextensions.v1.WebhookConversion
apiextensions.v1.CustomResourceDefinition metadata:meta.v1.ObjectMeta spec:apiextensions.v1.CustomResourceDefinitionSpec
apiextensions.v1.CustomResourceDefinitionSpec conversion:apiextensions.v1.CustomResourceConversion versions:[]apiextensions.v1.CustomResourceDefinitionVersion
apiextensions.v1.CustomResourceDefinitionVersion deprecationWarning:! schema:apiextensions.v1.CustomResourceValidation subresources:apiextensions.v1.CustomResourceSubresources
apiextensions.v1.CustomResourceSubresourceScale labelSelectorPath:!
apiextensions.v1.CustomResourceSubresources scale:apiextensions.v1.CustomResourceSubresourceScale status:!
apiextensions.v1.CustomResourceValidation openAPIV3Schema:apiextensions.v1.JSONSchemaProps
apiextensions.v1.JSONSchemaProps $ref:! additionalItems:! additionalProperties:! allOf:[]apiextensions.v1.JSONSchemaProps anyOf:[]apiextensions.v1.JSONSchemaProps default:! definitions:{}apiextensions.v1.JSONSchemaProps dependencies:{} example:! items:! maxItems:! maxLength:! maxProperties:! maximum:! minItems:! minLength:! minProperties:! minimum:! multipleOf:! not:apiextensions.v1.JSONSchemaProps oneOf:[]apiextensions.v1.JSONSchemaProps patternProperties:{}apiextensions.v1.JSONSchemaProps properties:{}apiextensions.v1.JSONSchemaProps x-kubernetes-list-type:! x-kubernetes-map-type:! x-kubernetes-preserve-unknown-fields:! x-kubernetes-validations:[rule]apiextensions.v1.ValidationRule
apiextensions.v1.ValidationRule optionalOldSelf:! reason:!
apiextensions.v1.WebhookConversion clientConfig:admissionregistration.v1.WebhookClientConfig
apiregistration.v1.APIService metadata:meta.v1.ObjectMeta spec:apiregistration.v1.APIServiceSpec
apiregistration.v1.APIServiceSpec service:apiregistration.v1.ServiceReference
apiregistration.v1.ServiceReference port:!
apps.v1.ControllerRevision metadata:meta.v1.ObjectMeta
apps.v1.DaemonSet metadata:meta.v1.ObjectMeta spec:apps.v1.DaemonSetSpec
apps.v1.DaemonSetSpec revisionHistoryLimit:! selector:meta.v1.LabelSelector template:core.v1.Pod updateStrategy:apps.v1.DaemonSetUpdateStrategy
apps.v1.DaemonSetUpdateStrategy rollingUpdate:apps.v1.RollingUpdateDaemonSet
apps.v1.Deployment metadata:meta.v1.ObjectMeta spec:apps.v1.DeploymentSpec
apps.v1.DeploymentSpec progressDeadlineSeconds:! replicas:! revisionHistoryLimit:! selector:meta.v1.LabelSelector strategy:apps.v1.DaemonSetUpdateStrategy template:core.v1.Pod
apps.v1.ReplicaSet metadata:meta.v1.ObjectMeta spec:apps.v1.ReplicaSetSpec
apps.v1.ReplicaSetSpec replicas:! selector:meta.v1.LabelSelector template:core.v1.Pod
apps.v1.RollingUpdateDaemonSet maxSurge:! maxUnavailable:!
apps.v1.RollingUpdateStatefulSetStrategy maxUnavailable:! partition:!
apps.v1.StatefulSet metadata:meta.v1.ObjectMeta spec:apps.v1.StatefulSetSpec
apps.v1.StatefulSetSpec replicas:! revisionHistoryLimit:! selector:meta.v1.LabelSelector template:core.v1.Pod updateStrategy:apps.v1.StatefulSetUpdateStrategy volumeClaimTemplates:[]core.v1.PersistentVolumeClaim
apps.v1.StatefulSetUpdateStrategy rollingUpdate:apps.v1.RollingUpdateStatefulSetStrategy
autoscaling.v1.HorizontalPodAutoscaler metadata:meta.v1.ObjectMeta spec:autoscaling.v1.HorizontalPodAutoscalerSpec
autoscaling.v1.HorizontalPodAutoscalerSpec minReplicas:! scaleTargetRef:admissionregistration.v1.ParamKind targetCPUUtilizationPercentage:!
autoscaling.v2.ContainerResourceMetricSource target:autoscaling.v2.MetricTarget={}
autoscaling.v2.ExternalMetricSource metric:autoscaling.v2.MetricIdentifier={} target:autoscaling.v2.MetricTarget={}
autoscaling.v2.HPAScalingRules selectPolicy:! stabilizationWindowSeconds:! tolerance:q
autoscaling.v2.HorizontalPodAutoscaler metadata:meta.v1.ObjectMeta spec:autoscaling.v2.HorizontalPodAutoscalerSpec
autoscaling.v2.HorizontalPodAutoscalerBehavior scaleDown:autoscaling.v2.HPAScalingRules scaleUp:autoscaling.v2.HPAScalingRules
autoscaling.v2.HorizontalPodAutoscalerSpec behavior:autoscaling.v2.HorizontalPodAutoscalerBehavior metrics:[]autoscaling.v2.MetricSpec minReplicas:!
autoscaling.v2.MetricIdentifier selector:meta.v1.LabelSelector
autoscaling.v2.MetricSpec containerResource:autoscaling.v2.ContainerResourceMetricSource external:autoscaling.v2.ExternalMetricSource object:autoscaling.v2.ObjectMetricSource pods:autoscaling.v2.ExternalMetricSource resource:autoscaling.v2.ContainerResourceMetricSource
autoscaling.v2.MetricTarget averageUtilization:! averageValue:q value:q
autoscaling.v2.ObjectMetricSource describedObject:={} metric:autoscaling.v2.MetricIdentifier={} target:autoscaling.v2.MetricTarget={}
batch.v1.CronJob metadata:meta.v1.ObjectMeta spec:batch.v1.CronJobSpec
batch.v1.CronJobSpec failedJobsHistoryLimit:! jobTemplate:batch.v1.Job startingDeadlineSeconds:! successfulJobsHistoryLimit:! suspend:! timeZone:!
batch.v1.Job metadata:meta.v1.ObjectMeta spec:batch.v1.JobSpec
batch.v1.JobSchedulingConfiguration disruptionMode:scheduling.v1beta1.CompositeDisruptionMode resourceClaims:[name]core.v1.PodResourceClaim schedulingPolicy:scheduling.v1alpha3.WorkloadPodGroupSchedulingPolicy
batch.v1.JobSpec activeDeadlineSeconds:! backoffLimit:! backoffLimitPerIndex:! completionMode:! completions:! managedBy:! manualSelector:! maxFailedIndexes:! parallelism:! podFailurePolicy:batch.v1.PodFailurePolicy podReplacementPolicy:! scheduling:batch.v1.JobSchedulingConfiguration selector:meta.v1.LabelSelector successPolicy:batch.v1.SuccessPolicy suspend:! template:core.v1.Pod ttlSecondsAfterFinished:!
batch.v1.PodFailurePolicy rules:[]batch.v1.PodFailurePolicyRule
batch.v1.PodFailurePolicyOnExitCodesRequirement containerName:! values:[set]
batch.v1.PodFailurePolicyOnPodConditionsPattern status:="True"
batch.v1.PodFailurePolicyRule onExitCodes:batch.v1.PodFailurePolicyOnExitCodesRequirement onPodConditions:[]batch.v1.PodFailurePolicyOnPodConditionsPattern
batch.v1.SuccessPolicy rules:[]batch.v1.SuccessPolicyRule
batch.v1.SuccessPolicyRule succeededCount:! succeededIndexes:!
certificates.v1.CertificateSigningRequest metadata:meta.v1.ObjectMeta spec:certificates.v1.CertificateSigningRequestSpec
certificates.v1.CertificateSigningRequestSpec expirationSeconds:! extra:{}
certificates.v1.PodCertificateRequest metadata:meta.v1.ObjectMeta spec:certificates.v1.PodCertificateRequestSpec
certificates.v1.PodCertificateRequestSpec maxExpirationSeconds:! unverifiedUserAnnotations:{}
coordination.v1.Lease metadata:meta.v1.ObjectMeta spec:coordination.v1.LeaseSpec
coordination.v1.LeaseSpec acquireTime:! holderIdentity:! leaseDurationSeconds:! leaseTransitions:! preferredHolder:! renewTime:! strategy:!
core.v1.Affinity nodeAffinity:core.v1.NodeAffinity podAffinity:core.v1.PodAffinity podAntiAffinity:core.v1.PodAffinity
core.v1.AppArmorProfile localhostProfile:!
core.v1.AzureDiskVolumeSource cachingMode:! fsType:! kind:! readOnly:!
core.v1.AzureFilePersistentVolumeSource secretNamespace:!
core.v1.CSIPersistentVolumeSource controllerExpandSecretRef:admissionregistration.v1.ParamKind controllerPublishSecretRef:admissionregistration.v1.ParamKind nodeExpandSecretRef:admissionregistration.v1.ParamKind nodePublishSecretRef:admissionregistration.v1.ParamKind nodeStageSecretRef:admissionregistration.v1.ParamKind volumeAttributes:{}
core.v1.CSIVolumeSource fsType:! nodePublishSecretRef:admissionregistration.v1.ParamKind readOnly:! volumeAttributes:{}
core.v1.CephFSPersistentVolumeSource secretRef:admissionregistration.v1.ParamKind
core.v1.ClientIPConfig timeoutSeconds:!
core.v1.ClusterTrustBundleProjection labelSelector:meta.v1.LabelSelector name:! optional:! signerName:! user:!
core.v1.ConfigMap binaryData:{} data:{} immutable:! metadata:meta.v1.ObjectMeta
core.v1.ConfigMapEnvSource optional:!
core.v1.ConfigMapKeySelector @ optional:!
core.v1.ConfigMapProjection items:[]core.v1.KeyToPath optional:!
core.v1.ConfigMapVolumeSource defaultMode:! defaultUser:! items:[]core.v1.KeyToPath optional:!
core.v1.Container env:[name]core.v1.EnvVar envFrom:[]core.v1.EnvFromSource lifecycle:core.v1.Lifecycle livenessProbe:core.v1.Probe ports:[containerPort,protocol=TCP] readinessProbe:core.v1.Probe resources:core.v1.ResourceRequirements restartPolicy:! restartPolicyRules:[]core.v1.ContainerRestartRule securityContext:core.v1.SecurityContext startupProbe:core.v1.Probe volumeDevices:[devicePath] volumeMounts:[mountPath]core.v1.VolumeMount
core.v1.ContainerRestartRule exitCodes:core.v1.ContainerRestartRuleOnExitCodes
core.v1.ContainerRestartRuleOnExitCodes values:[set]
core.v1.DownwardAPIProjection items:[]core.v1.DownwardAPIVolumeFile
core.v1.DownwardAPIVolumeFile fieldRef:core.v1.ObjectFieldSelector mode:! resourceFieldRef:core.v1.ResourceFieldSelector user:!
core.v1.DownwardAPIVolumeSource defaultMode:! defaultUser:! items:[]core.v1.DownwardAPIVolumeFile
core.v1.EmptyDirVolumeSource mode:! sizeLimit:q
core.v1.EndpointAddress @ nodeName:! targetRef:admissionregistration.v1.ParamKind
core.v1.EndpointPort @ appProtocol:! protocol:="TCP"
core.v1.EndpointSubset addresses:[]core.v1.EndpointAddress notReadyAddresses:[]core.v1.EndpointAddress ports:[]core.v1.EndpointPort
core.v1.Endpoints metadata:meta.v1.ObjectMeta subsets:[]core.v1.EndpointSubset
core.v1.EnvFromSource configMapRef:core.v1.ConfigMapEnvSource secretRef:core.v1.ConfigMapEnvSource
core.v1.EnvVar valueFrom:core.v1.EnvVarSource
core.v1.EnvVarSource configMapKeyRef:core.v1.ConfigMapKeySelector fieldRef:core.v1.ObjectFieldSelector fileKeyRef:core.v1.ConfigMapKeySelector resourceFieldRef:core.v1.ResourceFieldSelector secretKeyRef:core.v1.ConfigMapKeySelector
core.v1.EphemeralVolumeSource volumeClaimTemplate:core.v1.PersistentVolumeClaimTemplate
core.v1.EvictionResponder @ priority:!
core.v1.FCVolumeSource lun:!
core.v1.FlexPersistentVolumeSource options:{} secretRef:admissionregistration.v1.ParamKind
core.v1.GRPCAction mode:! service:!
core.v1.GlusterfsPersistentVolumeSource endpointsNamespace:!
core.v1.HTTPGetAction protocol:!
core.v1.HostPathVolumeSource type:!
core.v1.ISCSIPersistentVolumeSource initiatorName:! secretRef:admissionregistration.v1.ParamKind
core.v1.KeyToPath mode:! user:!
core.v1.Lifecycle postStart:core.v1.LifecycleHandler preStop:core.v1.LifecycleHandler stopSignal:!
core.v1.LifecycleHandler httpGet:core.v1.HTTPGetAction
core.v1.LimitRange metadata:meta.v1.ObjectMeta spec:core.v1.LimitRangeSpec
core.v1.LimitRangeItem default:{}q defaultRequest:{}q max:{}q maxLimitRequestRatio:{}q min:{}q
core.v1.LimitRangeSpec limits:[]core.v1.LimitRangeItem
core.v1.LocalVolumeSource fsType:!
core.v1.Node metadata:meta.v1.ObjectMeta spec:core.v1.NodeSpec
core.v1.NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[]core.v1.PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:core.v1.NodeSelector
core.v1.NodePodPreemptionPolicy disableResizePreemption:[set]
core.v1.NodeSelector @ nodeSelectorTerms:[]admissionregistration.v1.ParamKind
core.v1.NodeSpec podCIDRs:[set] podPreemptionPolicy:core.v1.NodePodPreemptionPolicy taints:[]core.v1.Taint
core.v1.ObjectFieldSelector @ apiVersion:="v1"
core.v1.PersistentVolume metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeSpec
core.v1.PersistentVolumeClaim apiVersion:="v1" kind:="PersistentVolumeClaim" metadata:meta.v1.ObjectMeta={} spec:core.v1.PersistentVolumeClaimSpec={} status:core.v1.PersistentVolumeClaimStatus={"phase":"Pending"}
core.v1.PersistentVolumeClaimSpec dataSource:core.v1.TypedLocalObjectReference dataSourceRef:core.v1.TypedObjectReference resources:core.v1.VolumeResourceRequirements={} selector:meta.v1.LabelSelector storageClassName:! volumeAttributesClassName:! volumeMode:!="Filesystem"
core.v1.PersistentVolumeClaimStatus allocatedResourceStatuses:{} allocatedResources:{}q capacity:{}q conditions:[type] currentVolumeAttributesClassName:! healthStatus:core.v1.VolumeHealthStatus
core.v1.PersistentVolumeClaimTemplate metadata:meta.v1.ObjectMeta spec:core.v1.PersistentVolumeClaimSpec
core.v1.PersistentVolumeSpec azureDisk:core.v1.AzureDiskVolumeSource azureFile:core.v1.AzureFilePersistentVolumeSource capacity:{}q cephfs:core.v1.CephFSPersistentVolumeSource cinder:core.v1.CephFSPersistentVolumeSource csi:core.v1.CSIPersistentVolumeSource fc:core.v1.FCVolumeSource flexVolume:core.v1.FlexPersistentVolumeSource glusterfs:core.v1.GlusterfsPersistentVolumeSource hostPath:core.v1.HostPathVolumeSource iscsi:core.v1.ISCSIPersistentVolumeSource local:core.v1.LocalVolumeSource nodeAffinity:core.v1.VolumeNodeAffinity rbd:core.v1.CephFSPersistentVolumeSource scaleIO:core.v1.CephFSPersistentVolumeSource storageos:core.v1.CephFSPersistentVolumeSource volumeAttributesClassName:! volumeMode:!
core.v1.Pod metadata:meta.v1.ObjectMeta spec:core.v1.PodSpec
core.v1.PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[]core.v1.WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[]core.v1.PodAffinityTerm
core.v1.PodAffinityTerm labelSelector:meta.v1.LabelSelector namespaceSelector:meta.v1.LabelSelector
core.v1.PodCertificateProjection maxExpirationSeconds:!=86400 user:! userAnnotations:{}
core.v1.PodDNSConfig options:[]core.v1.PodDNSConfigOption
core.v1.PodDNSConfigOption value:!
core.v1.PodResourceClaim resourceClaimName:! resourceClaimTemplateName:!
core.v1.PodSchedulingGroup podGroupName:!
core.v1.PodSecurityContext appArmorProfile:core.v1.AppArmorProfile fsGroup:! fsGroupChangePolicy:! runAsGroup:! runAsNonRoot:! runAsUser:! seLinuxChangePolicy:! seccompProfile:core.v1.AppArmorProfile supplementalGroupsPolicy:! windowsOptions:core.v1.WindowsSecurityContextOptions
core.v1.PodSpec activeDeadlineSeconds:! affinity:core.v1.Affinity automountServiceAccountToken:! containers:[name]core.v1.Container dnsConfig:core.v1.PodDNSConfig enableServiceLinks:! ephemeralContainers:[name]core.v1.Container evictionResponders:[name]core.v1.EvictionResponder hostAliases:[ip] hostUsers:! hostnameOverride:! imagePullSecrets:[name]admissionregistration.v1.ParamKind initContainers:[name]core.v1.Container nodeSelector:{@} overhead:{}q preemptionPolicy:! priority:! resourceClaims:[name]core.v1.PodResourceClaim resources:core.v1.ResourceRequirements runtimeClassName:! schedulingGates:[name] schedulingGroup:core.v1.PodSchedulingGroup securityContext:core.v1.PodSecurityContext setHostnameAsFQDN:! shareProcessNamespace:! terminationGracePeriodSeconds:! tolerations:[]core.v1.Toleration topologySpreadConstraints:[topologyKey,whenUnsatisfiable]core.v1.TopologySpreadConstraint volumes:[name]core.v1.Volume
core.v1.PodTemplate metadata:meta.v1.ObjectMeta template:core.v1.Pod
core.v1.PreferredSchedulingTerm preference:admissionregistration.v1.ParamKind={}
core.v1.Probe grpc:core.v1.GRPCAction httpGet:core.v1.HTTPGetAction terminationGracePeriodSeconds:!
core.v1.ProjectedVolumeSource defaultMode:! defaultUser:! sources:[]core.v1.VolumeProjection
core.v1.ReplicationController metadata:meta.v1.ObjectMeta spec:core.v1.ReplicationControllerSpec
core.v1.ReplicationControllerSpec replicas:! selector:{@} template:core.v1.Pod
core.v1.ResourceFieldSelector @ divisor:q="0"
core.v1.ResourceQuota metadata:meta.v1.ObjectMeta spec:core.v1.ResourceQuotaSpec
core.v1.ResourceQuotaSpec hard:{}q scopeSelector:admissionregistration.v1.ParamKind
core.v1.ResourceRequirements claims:[name] limits:{}q requests:{}q
core.v1.Secret data:{} immutable:! metadata:meta.v1.ObjectMeta stringData:{}
core.v1.SecurityContext allowPrivilegeEscalation:! appArmorProfile:core.v1.AppArmorProfile privileged:! procMount:! readOnlyRootFilesystem:! runAsGroup:! runAsNonRoot:! runAsUser:! seccompProfile:core.v1.AppArmorProfile windowsOptions:core.v1.WindowsSecurityContextOptions
core.v1.Service metadata:meta.v1.ObjectMeta spec:core.v1.ServiceSpec
core.v1.ServiceAccount automountServiceAccountToken:! imagePullSecrets:[]admissionregistration.v1.ParamKind metadata:meta.v1.ObjectMeta secrets:[name]admissionregistration.v1.ParamKind
core.v1.ServiceAccountTokenProjection expirationSeconds:!=3600 user:!
core.v1.ServicePort appProtocol:!
core.v1.ServiceSpec allocateLoadBalancerNodePorts:! internalTrafficPolicy:! ipFamilyPolicy:! loadBalancerClass:! ports:[port,protocol=TCP]core.v1.ServicePort selector:{@} sessionAffinityConfig:core.v1.SessionAffinityConfig trafficDistribution:!
core.v1.SessionAffinityConfig clientIP:core.v1.ClientIPConfig
core.v1.Taint timeAdded:!
core.v1.Toleration tolerationSeconds:!
core.v1.TopologySpreadConstraint labelSelector:meta.v1.LabelSelector minDomains:! nodeAffinityPolicy:! nodeTaintsPolicy:!
core.v1.TypedLocalObjectReference @ apiGroup:!
core.v1.TypedObjectReference apiGroup:! namespace:!
core.v1.Volume azureDisk:core.v1.AzureDiskVolumeSource cephfs:core.v1.CephFSPersistentVolumeSource cinder:core.v1.CephFSPersistentVolumeSource configMap:core.v1.ConfigMapVolumeSource csi:core.v1.CSIVolumeSource downwardAPI:core.v1.DownwardAPIVolumeSource emptyDir:core.v1.EmptyDirVolumeSource ephemeral:core.v1.EphemeralVolumeSource fc:core.v1.FCVolumeSource flexVolume:core.v1.FlexPersistentVolumeSource hostPath:core.v1.HostPathVolumeSource iscsi:core.v1.ISCSIPersistentVolumeSource projected:core.v1.ProjectedVolumeSource rbd:core.v1.CephFSPersistentVolumeSource scaleIO:core.v1.CephFSPersistentVolumeSource secret:core.v1.ConfigMapVolumeSource storageos:core.v1.CephFSPersistentVolumeSource
core.v1.VolumeHealthStatus healthConditions:[status,reason]
core.v1.VolumeMount bindMountOptions:[set] mountPropagation:! recursiveReadOnly:!
core.v1.VolumeNodeAffinity required:core.v1.NodeSelector
core.v1.VolumeProjection clusterTrustBundle:core.v1.ClusterTrustBundleProjection configMap:core.v1.ConfigMapProjection downwardAPI:core.v1.DownwardAPIProjection podCertificate:core.v1.PodCertificateProjection secret:core.v1.ConfigMapProjection serviceAccountToken:core.v1.ServiceAccountTokenProjection
core.v1.VolumeResourceRequirements limits:{}q requests:{}q
core.v1.WeightedPodAffinityTerm podAffinityTerm:core.v1.PodAffinityTerm={}
core.v1.WindowsSecurityContextOptions gmsaCredentialSpec:! gmsaCredentialSpecName:! hostProcess:! runAsUserName:!
discovery.v1.Endpoint addresses:[set] conditions:discovery.v1.EndpointConditions={} deprecatedTopology:{} hostname:! nodeName:! targetRef:admissionregistration.v1.ParamKind zone:!
discovery.v1.EndpointConditions ready:! serving:! terminating:!
discovery.v1.EndpointPort @ appProtocol:! name:!="" port:! protocol:!="TCP"
discovery.v1.EndpointSlice endpoints:[]discovery.v1.Endpoint metadata:meta.v1.ObjectMeta ports:[]discovery.v1.EndpointPort
flowcontrol.v1.ExemptPriorityLevelConfiguration lendablePercent:! nominalConcurrencyShares:!
flowcontrol.v1.FlowSchema metadata:meta.v1.ObjectMeta spec:flowcontrol.v1.FlowSchemaSpec
flowcontrol.v1.FlowSchemaSpec rules:[]flowcontrol.v1.PolicyRulesWithSubjects
flowcontrol.v1.LimitedPriorityLevelConfiguration borrowingLimitPercent:! lendablePercent:! nominalConcurrencyShares:!
flowcontrol.v1.NonResourcePolicyRule nonResourceURLs:[set] verbs:[set]
flowcontrol.v1.PolicyRulesWithSubjects nonResourceRules:[]flowcontrol.v1.NonResourcePolicyRule resourceRules:[]flowcontrol.v1.ResourcePolicyRule
flowcontrol.v1.PriorityLevelConfiguration metadata:meta.v1.ObjectMeta spec:flowcontrol.v1.PriorityLevelConfigurationSpec
flowcontrol.v1.PriorityLevelConfigurationSpec exempt:flowcontrol.v1.ExemptPriorityLevelConfiguration limited:flowcontrol.v1.LimitedPriorityLevelConfiguration
flowcontrol.v1.ResourcePolicyRule apiGroups:[set] namespaces:[set] resources:[set] verbs:[set]
meta.v1.LabelSelector @ matchLabels:{}
meta.v1.ListMeta remainingItemCount:!
meta.v1.ObjectMeta annotations:{} deletionGracePeriodSeconds:! deletionTimestamp:! finalizers:[set] labels:{} ownerReferences:[uid]meta.v1.OwnerReference
meta.v1.OwnerReference @ blockOwnerDeletion:! controller:!
meta.v1.Status metadata:meta.v1.ListMeta
networking.v1.HTTPIngressPath backend:networking.v1.IngressBackend={} pathType:!
networking.v1.HTTPIngressRuleValue paths:[]networking.v1.HTTPIngressPath
networking.v1.Ingress metadata:meta.v1.ObjectMeta spec:networking.v1.IngressSpec
networking.v1.IngressBackend resource:core.v1.TypedLocalObjectReference service:networking.v1.IngressServiceBackend
networking.v1.IngressClass metadata:meta.v1.ObjectMeta spec:networking.v1.IngressClassSpec
networking.v1.IngressClassParametersReference apiGroup:! namespace:! scope:!
networking.v1.IngressClassSpec parameters:networking.v1.IngressClassParametersReference
networking.v1.IngressRule http:networking.v1.HTTPIngressRuleValue
networking.v1.IngressServiceBackend port:admissionregistration.v1.ParamKind={}
networking.v1.IngressSpec defaultBackend:networking.v1.IngressBackend ingressClassName:! rules:[]networking.v1.IngressRule
networking.v1.NetworkPolicy metadata:meta.v1.ObjectMeta spec:networking.v1.NetworkPolicySpec
networking.v1.NetworkPolicyEgressRule ports:[]networking.v1.NetworkPolicyPort to:[]networking.v1.NetworkPolicyPeer
networking.v1.NetworkPolicyIngressRule from:[]networking.v1.NetworkPolicyPeer ports:[]networking.v1.NetworkPolicyPort
networking.v1.NetworkPolicyPeer namespaceSelector:meta.v1.LabelSelector podSelector:meta.v1.LabelSelector
networking.v1.NetworkPolicyPort endPort:! port:! protocol:!="TCP"
networking.v1.NetworkPolicySpec egress:[]networking.v1.NetworkPolicyEgressRule ingress:[]networking.v1.NetworkPolicyIngressRule podSelector:meta.v1.LabelSelector
node.v1.Overhead podFixed:{}q
node.v1.RuntimeClass metadata:meta.v1.ObjectMeta overhead:node.v1.Overhead scheduling:node.v1.Scheduling
node.v1.Scheduling nodeSelector:{@} tolerations:[]core.v1.Toleration
policy.v1.PodDisruptionBudget metadata:meta.v1.ObjectMeta spec:policy.v1.PodDisruptionBudgetSpec
policy.v1.PodDisruptionBudgetSpec maxUnavailable:! minAvailable:! selector:meta.v1.LabelSelector unhealthyPodEvictionPolicy:!
rbac.v1.AggregationRule clusterRoleSelectors:[]meta.v1.LabelSelector
rbac.v1.ClusterRole aggregationRule:rbac.v1.AggregationRule metadata:meta.v1.ObjectMeta
rbac.v1.ClusterRoleBinding metadata:meta.v1.ObjectMeta roleRef:rbac.v1.RoleRef subjects:[]rbac.v1.Subject
rbac.v1.RoleRef @ apiGroup:="rbac.authorization.k8s.io"
rbac.v1.Subject @
resource.v1.CapacityRequestPolicy default:q validRange:resource.v1.CapacityRequestPolicyRange validValues:[]q
resource.v1.CapacityRequestPolicyRange max:q min:q step:q
resource.v1.CapacityRequirements requests:{}q
resource.v1.Counter value:q
resource.v1.CounterSet counters:{}resource.v1.Counter
resource.v1.Device allNodes:! allowMultipleAllocations:! attributes:{}resource.v1.DeviceAttribute bindsToNode:! capacity:{}resource.v1.DeviceCapacity consumesCounters:[]resource.v1.CounterSet nodeAllocatableResources:{}resource.v1.NodeAllocatableResource nodeName:! nodeSelector:core.v1.NodeSelector taints:[]core.v1.Taint
resource.v1.DeviceAttribute bool:! int:! string:! version:!
resource.v1.DeviceCapacity requestPolicy:resource.v1.CapacityRequestPolicy value:q
resource.v1.DeviceClaim constraints:[]resource.v1.DeviceConstraint requests:[]resource.v1.DeviceRequest
resource.v1.DeviceClass metadata:meta.v1.ObjectMeta spec:resource.v1.DeviceClassSpec
resource.v1.DeviceClassSpec extendedResourceName:!
resource.v1.DeviceConstraint distinctAttribute:! matchAttribute:!
resource.v1.DeviceRequest exactly:resource.v1.ExactDeviceRequest firstAvailable:[]resource.v1.DeviceSubRequest
resource.v1.DeviceSubRequest allocationMode:="ExactCount" capacity:resource.v1.CapacityRequirements count:=1 tolerations:[]resource.v1.DeviceToleration
resource.v1.DeviceTaintRule metadata:meta.v1.ObjectMeta spec:resource.v1.DeviceTaintRuleSpec
resource.v1.DeviceTaintRuleSpec deviceSelector:resource.v1.DeviceTaintSelector taint:core.v1.Taint
resource.v1.DeviceTaintSelector device:! driver:! pool:!
resource.v1.DeviceToleration operator:="Equal" tolerationSeconds:!
resource.v1.ExactDeviceRequest adminAccess:! allocationMode:="ExactCount" capacity:resource.v1.CapacityRequirements count:=1 tolerations:[]resource.v1.DeviceToleration
resource.v1.NodeAllocatableMapping capacityKey:! capacityMultiplier:q deviceMultiplier:q
resource.v1.NodeAllocatableOverhead perContainer:q perPod:q
resource.v1.NodeAllocatableResource mapping:resource.v1.NodeAllocatableMapping overhead:resource.v1.NodeAllocatableOverhead
resource.v1.ResourceClaim metadata:meta.v1.ObjectMeta spec:resource.v1.ResourceClaimSpec
resource.v1.ResourceClaimSpec devices:resource.v1.DeviceClaim
resource.v1.ResourceClaimTemplate metadata:meta.v1.ObjectMeta spec:resource.v1.ResourceClaim
resource.v1.ResourceSlice metadata:meta.v1.ObjectMeta spec:resource.v1.ResourceSliceSpec
resource.v1.ResourceSliceSpec allNodes:! devices:[]resource.v1.Device nodeName:! nodeSelector:core.v1.NodeSelector partitionTypeAttribute:! perDeviceNodeSelection:! sharedCounters:[]resource.v1.CounterSet skipNodeOperations:[set]
scheduling.v1.PriorityClass metadata:meta.v1.ObjectMeta preemptionPolicy:!
scheduling.v1alpha3.WorkloadPodGroupGangSchedulingPolicy minCount:!
scheduling.v1alpha3.WorkloadPodGroupSchedulingPolicy basic:! gang:scheduling.v1alpha3.WorkloadPodGroupGangSchedulingPolicy
scheduling.v1beta1.CompositeDisruptionMode all:! single:!
scheduling.v1beta1.CompositePodGroupSchedulingPolicy basic:!
scheduling.v1beta1.CompositePodGroupTemplate compositePodGroupTemplates:[name]scheduling.v1beta1.CompositePodGroupTemplate disruptionMode:scheduling.v1beta1.CompositeDisruptionMode podGroupTemplates:[name]scheduling.v1beta1.PodGroupTemplate preemptionPolicy:! priority:! schedulingPolicy:scheduling.v1beta1.CompositePodGroupSchedulingPolicy
scheduling.v1beta1.PodGroup metadata:meta.v1.ObjectMeta spec:scheduling.v1beta1.PodGroupSpec
scheduling.v1beta1.PodGroupSpec disruptionMode:scheduling.v1beta1.CompositeDisruptionMode parentCompositePodGroupName:! preemptionPolicy:! priority:! resourceClaims:[name]core.v1.PodResourceClaim schedulingPolicy:scheduling.v1beta1.CompositePodGroupSchedulingPolicy
scheduling.v1beta1.PodGroupTemplate disruptionMode:scheduling.v1beta1.CompositeDisruptionMode preemptionPolicy:! priority:! resourceClaims:[name]core.v1.PodResourceClaim schedulingPolicy:scheduling.v1beta1.CompositePodGroupSchedulingPolicy
scheduling.v1beta1.Workload metadata:meta.v1.ObjectMeta spec:scheduling.v1beta1.WorkloadSpec
scheduling.v1beta1.WorkloadSpec compositePodGroupTemplates:[name]scheduling.v1beta1.CompositePodGroupTemplate podGroupTemplates:[name]scheduling.v1beta1.PodGroupTemplate
storage.v1.CSIDriver metadata:meta.v1.ObjectMeta spec:storage.v1.CSIDriverSpec
storage.v1.CSIDriverSpec attachRequired:! fsGroupPolicy:! nodeAllocatableUpdatePeriodSeconds:! podInfoOnMount:! preventPodSchedulingIfMissing:! requiresRepublish:! seLinuxMount:! serviceAccountTokenInSecrets:! storageCapacity:! tokenRequests:[]storage.v1.TokenRequest volumeLifecycleModes:[set]
storage.v1.CSINode metadata:meta.v1.ObjectMeta spec:storage.v1.CSINodeSpec
storage.v1.CSINodeDriver allocatable:storage.v1.VolumeNodeResources
storage.v1.CSINodeSpec drivers:[name]storage.v1.CSINodeDriver
storage.v1.CSIStorageCapacity capacity:q maximumVolumeSize:q metadata:meta.v1.ObjectMeta nodeTopology:meta.v1.LabelSelector
storage.v1.StorageClass allowVolumeExpansion:! allowedTopologies:[]admissionregistration.v1.ParamKind metadata:meta.v1.ObjectMeta parameters:{} reclaimPolicy:! volumeBindingMode:!
storage.v1.TokenRequest expirationSeconds:!
storage.v1.VolumeAttachment metadata:meta.v1.ObjectMeta spec:storage.v1.VolumeAttachmentSpec
storage.v1.VolumeAttachmentSource inlineVolumeSpec:core.v1.PersistentVolumeSpec persistentVolumeName:!
storage.v1.VolumeAttachmentSpec source:storage.v1.VolumeAttachmentSource
storage.v1.VolumeAttributesClass metadata:meta.v1.ObjectMeta parameters:{}
storage.v1.VolumeNodeResources count:!
"""

KINDS: Final = """\
v1 ConfigMap core.v1.ConfigMap
v1 Endpoints core.v1.Endpoints
v1 LimitRange core.v1.LimitRange
v1 Namespace apps.v1.ControllerRevision
v1 Node core.v1.Node
v1 PersistentVolume core.v1.PersistentVolume
v1 PersistentVolumeClaim core.v1.PersistentVolumeClaim
v1 Pod core.v1.Pod
v1 PodTemplate core.v1.PodTemplate
v1 ReplicationController core.v1.ReplicationController
v1 ResourceQuota core.v1.ResourceQuota
v1 Secret core.v1.Secret
v1 Service core.v1.Service
v1 ServiceAccount core.v1.ServiceAccount
v1 Status meta.v1.Status
admissionregistration.k8s.io/v1 MutatingAdmissionPolicy admissionregistration.v1.MutatingAdmissionPolicy
admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding admissionregistration.v1.MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration admissionregistration.v1.MutatingWebhookConfiguration
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy admissionregistration.v1.ValidatingAdmissionPolicy
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding admissionregistration.v1.ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration admissionregistration.v1.ValidatingWebhookConfiguration
apiextensions.k8s.io/v1 CustomResourceDefinition apiextensions.v1.CustomResourceDefinition
apiregistration.k8s.io/v1 APIService apiregistration.v1.APIService
apps/v1 ControllerRevision apps.v1.ControllerRevision
apps/v1 DaemonSet apps.v1.DaemonSet
apps/v1 Deployment apps.v1.Deployment
apps/v1 ReplicaSet apps.v1.ReplicaSet
apps/v1 StatefulSet apps.v1.StatefulSet
autoscaling/v1 HorizontalPodAutoscaler autoscaling.v1.HorizontalPodAutoscaler
autoscaling/v2 HorizontalPodAutoscaler autoscaling.v2.HorizontalPodAutoscaler
batch/v1 CronJob batch.v1.CronJob
batch/v1 Job batch.v1.Job
certificates.k8s.io/v1 CertificateSigningRequest certificates.v1.CertificateSigningRequest
certificates.k8s.io/v1 ClusterTrustBundle apps.v1.ControllerRevision
certificates.k8s.io/v1 PodCertificateRequest certificates.v1.PodCertificateRequest
coordination.k8s.io/v1 Lease coordination.v1.Lease
discovery.k8s.io/v1 EndpointSlice discovery.v1.EndpointSlice
flowcontrol.apiserver.k8s.io/v1 FlowSchema flowcontrol.v1.FlowSchema
flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration flowcontrol.v1.PriorityLevelConfiguration
networking.k8s.io/v1 IPAddress apps.v1.ControllerRevision
networking.k8s.io/v1 Ingress networking.v1.Ingress
networking.k8s.io/v1 IngressClass networking.v1.IngressClass
networking.k8s.io/v1 NetworkPolicy networking.v1.NetworkPolicy
networking.k8s.io/v1 ServiceCIDR apps.v1.ControllerRevision
node.k8s.io/v1 RuntimeClass node.v1.RuntimeClass
policy/v1 PodDisruptionBudget policy.v1.PodDisruptionBudget
rbac.authorization.k8s.io/v1 ClusterRole rbac.v1.ClusterRole
rbac.authorization.k8s.io/v1 ClusterRoleBinding rbac.v1.ClusterRoleBinding
rbac.authorization.k8s.io/v1 Role apps.v1.ControllerRevision
rbac.authorization.k8s.io/v1 RoleBinding rbac.v1.ClusterRoleBinding
resource.k8s.io/v1 DeviceClass resource.v1.DeviceClass
resource.k8s.io/v1 DeviceTaintRule resource.v1.DeviceTaintRule
resource.k8s.io/v1 ResourceClaim resource.v1.ResourceClaim
resource.k8s.io/v1 ResourceClaimTemplate resource.v1.ResourceClaimTemplate
resource.k8s.io/v1 ResourceSlice resource.v1.ResourceSlice
scheduling.k8s.io/v1 PriorityClass scheduling.v1.PriorityClass
scheduling.k8s.io/v1beta1 PodGroup scheduling.v1beta1.PodGroup
scheduling.k8s.io/v1beta1 Workload scheduling.v1beta1.Workload
storage.k8s.io/v1 CSIDriver storage.v1.CSIDriver
storage.k8s.io/v1 CSINode storage.v1.CSINode
storage.k8s.io/v1 CSIStorageCapacity storage.v1.CSIStorageCapacity
storage.k8s.io/v1 StorageClass storage.v1.StorageClass
storage.k8s.io/v1 VolumeAttachment storage.v1.VolumeAttachment
storage.k8s.io/v1 VolumeAttributesClass storage.v1.VolumeAttributesClass
storagemigration.k8s.io/v1 StorageVersionMigration apps.v1.ControllerRevision
storagemigration.k8s.io/v1beta1 StorageVersionMigration apps.v1.ControllerRevision
"""
