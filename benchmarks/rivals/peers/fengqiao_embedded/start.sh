#!/bin/bash
# The gateway with a carrier: two processes over one file.
source "$FENGQIAO_PEERS/lib/common.sh"
source "$(dirname "$(readlink -f "$0")")/../embedded.sh"
embedded 9820 --carrier
