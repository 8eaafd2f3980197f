#!/bin/bash
# The gateway as it comes: one process.
source "$FENGQIAO_PEERS/lib/common.sh"
source "$(dirname "$(readlink -f "$0")")/../embedded.sh"
embedded 9823
