#pragma once

#include "device/store.hpp"
#include "protocol/status.hpp"

#include <expected>
#include <string>

namespace latchkey::device {

/// Signs `connected` over `connection` (docs/protocol.md, 5): under the device's symmetric key, if that is
/// its proof, otherwise under the credential. The error is for people: a file of the credential cannot be
/// read.
[[nodiscard]] std::expected<std::string, std::string> sign_connected(
    const OwnProof& proof, const StoredCredential& credential, const protocol::Connection& connection,
    const protocol::StatusMessage& connected);

}  // namespace latchkey::device
