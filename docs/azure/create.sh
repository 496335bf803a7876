#!/usr/bin/env bash
# Two regions or more from nothing by the Azure CLI: what main.bicep deploys, explained in docs/azure.md.
#
#   PREFIX=contoso CLIENTS=8000 APP_ZIP=app.zip ./create.sh
#
# No secret is printed, or given as an argument. Where it fails, mend the cause and go on by hand, or delete the group first.
set -euo pipefail

: "${PREFIX:?begins all names, some of which must be unique in the world: 3 to 16 letters, digits and dashes}"
: "${CLIENTS:?the most clients of all regions together}"
: "${APP_ZIP:?the app server as a zip file, such as docs/azure/app.mjs with its package.json and node_modules}"
REGIONS=${REGIONS:-"eastus westus2"} # each is the name of an endpoint
TIER=${TIER:-Premium}                # or Standard
HUB=${HUB:-chat}
WORKERS=${WORKERS:-2}                # app servers in each region
MAX_UNITS=${MAX_UNITS:-0}            # Premium: autoscale up to this; 0 = none
PRIVATE=${PRIVATE:-}                 # 1 = REST calls through private endpoints alone
# Premium: "eastus=east.example.com=certificate ..." with certificates in the key vault; their CNAMEs must exist.
CUSTOM_DOMAINS=${CUSTOM_DOMAINS:-}

read -ra regions <<<"$REGIONS"
group=$PREFIX-realtime
vault=$PREFIX-kv
front=$PREFIX-front

# 80 % of 1,000 clients a unit, rounded up to what can be ordered.
units_for() {
  local needed=$((($1 + 799) / 800))
  if ((needed <= 10)); then echo $needed
  elif ((needed <= 100)); then echo $(((needed + 9) / 10 * 10))
  else echo $(((needed + 99) / 100 * 100)); fi
}

sku_for() {
  if [[ $TIER == Standard ]]; then echo Standard_S1
  elif (($1 <= 100)); then echo Premium_P1
  else echo Premium_P2; fi
}

domain_of() {
  local entry region domain
  for entry in $CUSTOM_DOMAINS; do
    IFS='=' read -r region domain _ <<<"$entry"
    if [[ $region == "$1" ]]; then echo "$domain"; fi
  done
}

endpoints_json() {
  local region domain separator=''
  printf '['
  for region in "${regions[@]}"; do
    domain=$(domain_of "$region")
    printf '%s{"name":"%s","endpoint":"https://%s-%s.webpubsub.azure.com"' "$separator" "$region" "$PREFIX" "$region"
    printf '%s}' "${domain:+,\"clientEndpoint\":\"https://$domain\"}"
    separator=,
  done
  printf ']'
}

instance_id() { az webpubsub show --name "$PREFIX-$1" --resource-group "$group" --query id --output tsv; }
app_identity() { az webapp identity show --name "$PREFIX-app-$1" --resource-group "$group" --query principalId --output tsv; }
vault_id() { az keyvault show --name "$vault" --resource-group "$group" --query id --output tsv; }

grant() { # principal, its type, role, scope
  az role assignment create --assignee-object-id "$1" --assignee-principal-type "$2" --role "$3" --scope "$4" --output none
}

create_instances() {
  local region units
  units=$(units_for "$CLIENTS")
  for region in "${regions[@]}"; do
    az webpubsub create --name "$PREFIX-$region" --resource-group "$group" --location "$region" \
      --sku "$(sku_for "$units")" --unit-count "$units" --output none
  done
}

# The keys verify events; the calls are made by the identities of the app servers.
create_vault() {
  local region me
  az keyvault create --name "$vault" --resource-group "$group" --location "${regions[0]}" \
    --enable-rbac-authorization true --output none
  me=$(az ad signed-in-user show --query id --output tsv)
  grant "$me" User "Key Vault Secrets Officer" "$(vault_id)"
  wait_for_roles
  if ! az keyvault secret show --vault-name "$vault" --name negotiate-secret --output none 2>/dev/null; then
    openssl rand -hex 32 | tr -d '\n' | set_secret negotiate-secret
  fi
  for region in "${regions[@]}"; do store_keys "$region"; done
}

# Also after a key was regenerated.
store_keys() {
  az webpubsub key show --name "$PREFIX-$1" --resource-group "$group" --query '[primaryKey, secondaryKey]' --output tsv |
    tr '\t' '\n' | paste -sd, - | tr -d '\n' | set_secret "wps-keys-$1"
}

set_secret() {
  az keyvault secret set --vault-name "$vault" --name "$1" --file /dev/stdin --encoding utf-8 --output none
}

# A new role is not in force at once.
wait_for_roles() { sleep "${ROLE_DELAY:-60}"; }

create_apps() {
  local region other id
  for region in "${regions[@]}"; do
    az appservice plan create --name "$PREFIX-plan-$region" --resource-group "$group" --location "$region" \
      --is-linux --sku P0V3 --number-of-workers "$WORKERS" --output none
    az webapp create --name "$PREFIX-app-$region" --resource-group "$group" --plan "$PREFIX-plan-$region" \
      --runtime NODE:22-lts --https-only true --assign-identity '[system]' --output none
    az webapp config set --name "$PREFIX-app-$region" --resource-group "$group" --always-on true --min-tls-version 1.2 \
      --generic-configurations '{"healthCheckPath": "/status"}' --output none
    az webapp update --name "$PREFIX-app-$region" --resource-group "$group" --client-affinity-enabled false --output none
    id=$(app_identity "$region")
    grant "$id" ServicePrincipal "Key Vault Secrets User" "$(vault_id)"
    for other in "${regions[@]}"; do # every app server calls every instance
      grant "$id" ServicePrincipal "Web PubSub Service Owner" "$(instance_id "$other")"
    done
  done
  wait_for_roles
}

# Settings follow the roles, since references to the vault are resolved when they are written.
configure_apps() {
  local region other settings
  for region in "${regions[@]}"; do
    settings=(
      "WPS_HUB=$HUB"
      "WPS_REGION=$region"
      "WPS_ENDPOINTS=$(endpoints_json)"
      "NEGOTIATE_SECRET=@Microsoft.KeyVault(VaultName=$vault;SecretName=negotiate-secret)"
      "NODE_ENV=production"
    )
    for other in "${regions[@]}"; do
      settings+=("WPS_KEYS_${other^^}=@Microsoft.KeyVault(VaultName=$vault;SecretName=wps-keys-$other)")
    done
    az webapp config appsettings set --name "$PREFIX-app-$region" --resource-group "$group" \
      --settings "${settings[@]}" --output none
    az webapp deploy --name "$PREFIX-app-$region" --resource-group "$group" --src-path "$APP_ZIP" --type zip --output none
  done
}

create_front_door() {
  local region host id
  az afd profile create --profile-name "$front" --resource-group "$group" --sku Standard_AzureFrontDoor --output none
  az afd endpoint create --endpoint-name "$PREFIX" --profile-name "$front" --resource-group "$group" \
    --enabled-state Enabled --output none
  az afd origin-group create --origin-group-name app-servers --profile-name "$front" --resource-group "$group" \
    --probe-path /status --probe-protocol Https --probe-request-type GET --probe-interval-in-seconds 30 \
    --sample-size 4 --successful-samples-required 3 --additional-latency-in-milliseconds 50 --output none
  for region in "${regions[@]}"; do # all of priority 1: active/active
    host=$(az webapp show --name "$PREFIX-app-$region" --resource-group "$group" --query defaultHostName --output tsv)
    az afd origin create --origin-name "$region" --origin-group-name app-servers --profile-name "$front" \
      --resource-group "$group" --host-name "$host" --origin-host-header "$host" --https-port 443 --http-port 80 \
      --priority 1 --weight 1000 --enabled-state Enabled --output none
  done
  az afd route create --route-name all --endpoint-name "$PREFIX" --profile-name "$front" --resource-group "$group" \
    --origin-group app-servers --patterns-to-match '/*' --supported-protocols Https --https-redirect Disabled \
    --forwarding-protocol HttpsOnly --link-to-default-domain Enabled --output none
  # From now on only Front Door and the events of the service get through to the app servers.
  id=$(az afd profile show --profile-name "$front" --resource-group "$group" --query frontDoorId --output tsv)
  for region in "${regions[@]}"; do
    allow_only "$region" 100 front-door AzureFrontDoor.Backend --http-header "x-azure-fdid=$id"
    allow_only "$region" 200 events AzureWebPubSub
  done
}

allow_only() { # region, priority, name, service tag, more
  az webapp config access-restriction add --name "$PREFIX-app-$1" --resource-group "$group" --action Allow \
    --priority "$2" --rule-name "$3" --service-tag "$4" "${@:5}" --output none
}

# Last: the service asks the app server before it takes the setting. Events go to the instance's own region. With
# handleConnect, system-event=connect as well: then nobody connects while the app server is away.
create_hubs() {
  local region host
  for region in "${regions[@]}"; do
    host=$(az webapp show --name "$PREFIX-app-$region" --resource-group "$group" --query defaultHostName --output tsv)
    az webpubsub hub create --name "$PREFIX-$region" --resource-group "$group" --hub-name "$HUB" --allow-anonymous false \
      --event-handler "url-template=https://$host/api/webpubsub/hubs/{hub}/" 'user-event-pattern=*' \
      system-event=connected system-event=disconnected --output none
  done
}

# Never below what holds everybody. The CLI's rules add a number, and the service takes tens above 10 units.
create_autoscale() {
  local region units step=1
  units=$(units_for "$CLIENTS")
  if ((units >= 10)); then step=10; fi
  if ((units >= 100)); then step=100; fi
  for region in "${regions[@]}"; do
    az monitor autoscale create --name "$PREFIX-$region-units" --resource-group "$group" --resource "$(instance_id "$region")" \
      --min-count "$units" --count "$units" --max-count "$MAX_UNITS" --output none
    az monitor autoscale rule create --autoscale-name "$PREFIX-$region-units" --resource-group "$group" \
      --condition "ConnectionQuotaUtilization > 70 max 5m" --scale out $step --cooldown 30 --output none
    az monitor autoscale rule create --autoscale-name "$PREFIX-$region-units" --resource-group "$group" \
      --condition "ConnectionQuotaUtilization < 20 max 5m" --scale in $step --cooldown 30 --output none
  done
}

create_custom_domains() {
  local entry region domain certificate principal id
  for entry in $CUSTOM_DOMAINS; do
    IFS='=' read -r region domain certificate <<<"$entry"
    principal=$(az webpubsub identity assign --name "$PREFIX-$region" --resource-group "$group" --identity '[system]' \
      --query identity.principalId --output tsv)
    grant "$principal" ServicePrincipal "Key Vault Secrets User" "$(vault_id)"
    wait_for_roles
    id=$(az webpubsub custom-certificate create --webpubsub-name "$PREFIX-$region" --resource-group "$group" \
      --certificate-name clients --key-vault-base-uri "https://$vault.vault.azure.net" \
      --key-vault-secret-name "$certificate" --query id --output tsv)
    az webpubsub custom-domain create --webpubsub-name "$PREFIX-$region" --resource-group "$group" --name clients \
      --domain-name "$domain" --certificate-resource-id "$id" --output none
  done
}

# One for each instance in its own region; the networks see each other, and so one zone serves all.
create_private_endpoints() {
  local i region other zone=privatelink.webpubsub.azure.com
  az network private-dns zone create --name $zone --resource-group "$group" --output none
  for i in "${!regions[@]}"; do
    region=${regions[i]}
    az network vnet create --name "$PREFIX-net-$region" --resource-group "$group" --location "$region" \
      --address-prefixes "10.$i.0.0/16" --subnet-name endpoints --subnet-prefixes "10.$i.2.0/24" --output none
    az network vnet subnet create --name apps --vnet-name "$PREFIX-net-$region" --resource-group "$group" \
      --address-prefixes "10.$i.1.0/24" --delegations Microsoft.Web/serverFarms --output none
    az network private-dns link vnet create --name "$region" --zone-name $zone --resource-group "$group" \
      --virtual-network "$PREFIX-net-$region" --registration-enabled false --output none
    az network private-endpoint create --name "$PREFIX-link-$region" --resource-group "$group" --location "$region" \
      --vnet-name "$PREFIX-net-$region" --subnet endpoints --private-connection-resource-id "$(instance_id "$region")" \
      --group-id webpubsub --connection-name webpubsub --output none
    az network private-endpoint dns-zone-group create --name webpubsub --endpoint-name "$PREFIX-link-$region" \
      --resource-group "$group" --private-dns-zone $zone --zone-name webpubsub --output none
    az webapp vnet-integration add --name "$PREFIX-app-$region" --resource-group "$group" \
      --vnet "$PREFIX-net-$region" --subnet apps --output none
  done
  for region in "${regions[@]}"; do
    for other in "${regions[@]}"; do
      if [[ $region == "$other" ]]; then continue; fi
      az network vnet peering create --name "to-$other" --vnet-name "$PREFIX-net-$region" --resource-group "$group" \
        --remote-vnet "$PREFIX-net-$other" --allow-vnet-access --output none
    done
  done
  for region in "${regions[@]}"; do # at last, when the other way is there
    az webpubsub network-rule update --public-network true --name "$PREFIX-$region" --resource-group "$group" \
      --deny RESTAPI ServerConnection Trace --output none
  done
}

main() {
  az extension add --name webpubsub --upgrade --output none
  az group create --name "$group" --location "${regions[0]}" --output none
  create_instances
  create_vault
  create_apps
  configure_apps
  if [[ -n $PRIVATE ]]; then create_private_endpoints; fi
  if [[ -n $CUSTOM_DOMAINS ]]; then create_custom_domains; fi
  create_hubs
  create_front_door
  if ((MAX_UNITS > 0)); then create_autoscale; fi
  echo "https://$(az afd endpoint show --endpoint-name "$PREFIX" --profile-name "$front" --resource-group "$group" \
    --query hostName --output tsv)/negotiate"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi
