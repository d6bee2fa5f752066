#pragma once

#include "crypto/bytes.hpp"

#include <vector>

namespace latchkey::fuzz {

/// A message to the gate, of whoever has the account of the service.
void feed_gate_control(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> gate_control_messages();

/// A file of the gate's journal, after whatever happened to the disk.
void feed_gate_journal(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> gate_journals();

}  // namespace latchkey::fuzz
