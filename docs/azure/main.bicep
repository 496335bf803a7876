// Two regions or more from nothing: in each a Web PubSub instance and app servers, and Front Door before the app servers.
// Explained in docs/azure.md, which also says what to do between the two deployments that it takes.

@description('Begins all names, some of which must be unique in the world: letters, digits and dashes.')
@minLength(3)
@maxLength(16)
param prefix string

@description('Azure regions. Each is the name of an endpoint; the others are its secondaries, in this order.')
@minLength(2)
param regions array = ['eastus', 'westus2']

@description('The most clients of all regions together: each instance gets the units to hold them all.')
@minValue(1)
param clients int

@description('Premium has zones, autoscale, custom domains and geo-replication.')
@allowed(['Standard', 'Premium'])
param tier string = 'Premium'

param hub string = 'chat'

@description('Signs what clients ask for reviews and for the history with; 32 characters or more, kept from one deployment to the next.')
@minLength(32)
@secure()
param negotiateSecret string

@description('Whether the app servers run already: the service asks them before it takes the setting.')
param eventHandlers bool = false

@description('Whether REST calls go through private endpoints alone; clients stay on the public network.')
param privateEndpoints bool = false

@description('Premium only: the most units that autoscale may add up to; 0 = no autoscale.')
param maxUnits int = 0

@description('Premium only. By region: { domainName, secretName }, the latter a certificate in the key vault; its CNAME must exist.')
param customDomains object = {}

@description('How many app servers in each region.')
param workers int = 2

// 80 % of 1,000 clients a unit, rounded up to what can be ordered.
var needed = (clients + 799) / 800
var units = needed <= 10 ? needed : (needed <= 100 ? (needed + 9) / 10 * 10 : (needed + 99) / 100 * 100)
var sku = tier == 'Standard' ? 'Standard_S1' : (units <= 100 ? 'Premium_P1' : 'Premium_P2')
var count = length(regions)
var webhook = '/api/webpubsub/hubs/{hub}/'
var roles = {
  webPubSubServiceOwner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '12cf5a90-567b-43ae-8102-96cf46c7d9b4')
  keyVaultSecretsUser: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
}
var endpoints = [for region in regions: {
  name: region
  endpoint: 'https://${prefix}-${region}.webpubsub.azure.com'
  clientEndpoint: contains(customDomains, region) ? 'https://${customDomains[region].domainName}' : null
}]

// The instances.

resource instances 'Microsoft.SignalRService/webPubSub@2024-03-01' = [for region in regions: {
  name: '${prefix}-${region}'
  location: region
  sku: {
    name: sku
    capacity: units
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableLocalAuth: false // without keys the service does not sign its events
    publicNetworkAccess: 'Enabled'
    networkACLs: {
      defaultAction: 'Allow'
      publicNetwork: {
        deny: privateEndpoints ? ['RESTAPI', 'ServerConnection', 'Trace'] : []
      }
    }
  }
}]

// Events go to the app servers of the instance's own region, not through Front Door.
resource hubs 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = [for (region, i) in regions: if (eventHandlers) {
  parent: instances[i]
  name: hub
  properties: {
    anonymousConnectPolicy: 'deny'
    eventHandlers: [
      {
        urlTemplate: 'https://${sites[i].properties.defaultHostName}${webhook}'
        userEventPattern: '*'
        systemEvents: ['connected', 'disconnected'] // and 'connect' with handleConnect: then nobody connects while it is away
      }
    ]
  }
}]

resource autoscale 'Microsoft.Insights/autoscaleSettings@2022-10-01' = [for (region, i) in regions: if (maxUnits > units) {
  name: '${prefix}-${region}-units'
  location: region
  properties: {
    enabled: true
    targetResourceUri: instances[i].id
    profiles: [
      {
        name: 'never below what holds everybody'
        capacity: {
          minimum: string(units)
          default: string(units)
          maximum: string(maxUnits)
        }
        rules: [
          {
            metricTrigger: {
              metricName: 'ConnectionQuotaUtilization'
              metricResourceUri: instances[i].id
              operator: 'GreaterThan'
              threshold: 70
              statistic: 'Average'
              timeAggregation: 'Maximum'
              timeGrain: 'PT1M'
              timeWindow: 'PT5M'
            }
            scaleAction: {
              direction: 'Increase'
              type: 'ServiceAllowedNextValue'
              value: '1'
              cooldown: 'PT30M'
            }
          }
          {
            metricTrigger: {
              metricName: 'ConnectionQuotaUtilization'
              metricResourceUri: instances[i].id
              operator: 'LessThan'
              threshold: 20
              statistic: 'Average'
              timeAggregation: 'Maximum'
              timeGrain: 'PT1M'
              timeWindow: 'PT5M'
            }
            scaleAction: {
              direction: 'Decrease'
              type: 'ServiceAllowedNextValue'
              value: '1'
              cooldown: 'PT30M'
            }
          }
        ]
      }
    ]
  }
}]

// The secrets: keys verify events, the identities of the app servers make the calls.

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: '${prefix}-kv'
  location: regions[0]
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
  }
}

resource keys 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = [for (region, i) in regions: {
  parent: vault
  name: 'wps-keys-${region}'
  properties: {
    value: '${instances[i].listKeys().primaryKey},${instances[i].listKeys().secondaryKey}'
  }
}]

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'negotiate-secret'
  properties: {
    value: negotiateSecret
  }
}

// The app servers.

resource plans 'Microsoft.Web/serverfarms@2023-12-01' = [for region in regions: {
  name: '${prefix}-plan-${region}'
  location: region
  kind: 'linux'
  sku: {
    name: 'P0v3'
    capacity: workers
  }
  properties: {
    reserved: true
  }
}]

resource sites 'Microsoft.Web/sites@2023-12-01' = [for (region, i) in regions: {
  name: '${prefix}-app-${region}'
  location: region
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    serverFarmId: plans[i].id
    httpsOnly: true
    clientAffinityEnabled: false
    virtualNetworkSubnetId: privateEndpoints ? '${networks[i].id}/subnets/apps' : null
    siteConfig: {
      linuxFxVersion: 'NODE|22-lts'
      alwaysOn: true
      minTlsVersion: '1.2'
      healthCheckPath: '/status'
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: [
        {
          name: 'front-door'
          priority: 100
          action: 'Allow'
          tag: 'ServiceTag'
          ipAddress: 'AzureFrontDoor.Backend'
          headers: {
            'x-azure-fdid': [frontDoor.properties.frontDoorId]
          }
        }
        {
          name: 'events'
          priority: 200
          action: 'Allow'
          tag: 'ServiceTag'
          ipAddress: 'AzureWebPubSub'
        }
      ]
    }
  }
}]

// Settings follow the roles, since references to the vault are resolved when they are written.
resource settings 'Microsoft.Web/sites/config@2023-12-01' = [for (region, i) in regions: {
  parent: sites[i]
  name: 'appsettings'
  properties: union(
    toObject(regions, name => 'WPS_KEYS_${toUpper(name)}', name => '@Microsoft.KeyVault(VaultName=${vault.name};SecretName=wps-keys-${name})'),
    {
      WPS_HUB: hub
      WPS_REGION: region
      WPS_ENDPOINTS: string(endpoints)
      NEGOTIATE_SECRET: '@Microsoft.KeyVault(VaultName=${vault.name};SecretName=${secret.name})'
      NODE_ENV: 'production'
    }
  )
  dependsOn: [keys, appsReadVault, appsCallInstances]
}]

resource appsReadVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (region, i) in regions: {
  name: guid(vault.id, region, 'app', roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: roles.keyVaultSecretsUser
    principalId: sites[i].identity.principalId
    principalType: 'ServicePrincipal'
  }
}]

// Every app server calls every instance.
resource appsCallInstances 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for pair in range(0, count * count): {
  name: guid(instances[pair % count].id, regions[pair / count], roles.webPubSubServiceOwner)
  scope: instances[pair % count]
  properties: {
    roleDefinitionId: roles.webPubSubServiceOwner
    principalId: sites[pair / count].identity.principalId
    principalType: 'ServicePrincipal'
  }
}]

// Front Door.

resource frontDoor 'Microsoft.Cdn/profiles@2023-05-01' = {
  name: '${prefix}-front'
  location: 'global'
  sku: {
    name: 'Standard_AzureFrontDoor'
  }
}

resource frontEndpoint 'Microsoft.Cdn/profiles/afdEndpoints@2023-05-01' = {
  parent: frontDoor
  name: prefix
  location: 'global'
  properties: {
    enabledState: 'Enabled'
  }
}

// All of one priority: active/active. A priority of its own for each makes it active/passive.
resource originGroup 'Microsoft.Cdn/profiles/originGroups@2023-05-01' = {
  parent: frontDoor
  name: 'app-servers'
  properties: {
    loadBalancingSettings: {
      sampleSize: 4
      successfulSamplesRequired: 3
      additionalLatencyInMilliseconds: 50
    }
    healthProbeSettings: {
      probePath: '/status'
      probeProtocol: 'Https'
      probeRequestType: 'GET'
      probeIntervalInSeconds: 30
    }
  }
}

resource origins 'Microsoft.Cdn/profiles/originGroups/origins@2023-05-01' = [for (region, i) in regions: {
  parent: originGroup
  name: region
  properties: {
    hostName: sites[i].properties.defaultHostName
    originHostHeader: sites[i].properties.defaultHostName
    httpsPort: 443
    priority: 1
    weight: 1000
    enabledState: 'Enabled'
  }
}]

resource route 'Microsoft.Cdn/profiles/afdEndpoints/routes@2023-05-01' = {
  parent: frontEndpoint
  name: 'all'
  properties: {
    originGroup: {
      id: originGroup.id
    }
    patternsToMatch: ['/*']
    supportedProtocols: ['Https']
    httpsRedirect: 'Disabled'
    forwardingProtocol: 'HttpsOnly'
    linkToDefaultDomain: 'Enabled'
  }
  dependsOn: [origins]
}

// Custom domains: one for each instance, since negotiate tells clients which.

resource instancesReadVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (region, i) in regions: if (contains(customDomains, region)) {
  name: guid(vault.id, region, 'instance', roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: roles.keyVaultSecretsUser
    principalId: instances[i].identity.principalId
    principalType: 'ServicePrincipal'
  }
}]

resource certificates 'Microsoft.SignalRService/webPubSub/customCertificates@2024-03-01' = [for (region, i) in regions: if (contains(customDomains, region)) {
  parent: instances[i]
  name: 'clients'
  properties: {
    keyVaultBaseUri: vault.properties.vaultUri
    keyVaultSecretName: customDomains[region].secretName
  }
  dependsOn: [instancesReadVault]
}]

resource domains 'Microsoft.SignalRService/webPubSub/customDomains@2024-03-01' = [for (region, i) in regions: if (contains(customDomains, region)) {
  parent: instances[i]
  name: 'clients'
  properties: {
    domainName: customDomains[region].domainName
    customCertificate: {
      id: certificates[i].id
    }
  }
}]

// Private endpoints: one for each instance in its own region; the networks see each other, and so one zone serves all.

resource networks 'Microsoft.Network/virtualNetworks@2023-11-01' = [for (region, i) in regions: if (privateEndpoints) {
  name: '${prefix}-net-${region}'
  location: region
  properties: {
    addressSpace: {
      addressPrefixes: ['10.${i}.0.0/16']
    }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: '10.${i}.1.0/24'
          delegations: [
            {
              name: 'apps'
              properties: {
                serviceName: 'Microsoft.Web/serverFarms'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.${i}.2.0/24'
        }
      }
    ]
  }
}]

resource peerings 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2023-11-01' = [for pair in range(0, count * count): if (privateEndpoints && pair / count != pair % count) {
  parent: networks[pair / count]
  name: 'to-${regions[pair % count]}'
  properties: {
    remoteVirtualNetwork: {
      id: networks[pair % count].id
    }
    allowVirtualNetworkAccess: true
  }
}]

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = if (privateEndpoints) {
  name: 'privatelink.webpubsub.azure.com'
  location: 'global'
}

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (region, i) in regions: if (privateEndpoints) {
  parent: zone
  name: region
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networks[i].id
    }
  }
}]

resource links 'Microsoft.Network/privateEndpoints@2023-11-01' = [for (region, i) in regions: if (privateEndpoints) {
  name: '${prefix}-link-${region}'
  location: region
  properties: {
    subnet: {
      id: '${networks[i].id}/subnets/endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: 'webpubsub'
        properties: {
          privateLinkServiceId: instances[i].id
          groupIds: ['webpubsub']
        }
      }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = [for (region, i) in regions: if (privateEndpoints) {
  parent: links[i]
  name: 'webpubsub'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'webpubsub'
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}]

output negotiateUrl string = 'https://${frontEndpoint.properties.hostName}/negotiate'
output appServers array = [for (region, i) in regions: sites[i].name]
output unitsOfEach int = units
