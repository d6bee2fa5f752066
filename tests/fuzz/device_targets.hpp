#pragma once

#include "crypto/bytes.hpp"

#include <vector>

namespace latchkey::fuzz {

/// What the reference device stored in its folder.
void feed_records(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> records();

/// What the reference device makes of an answer and a configuration that are signed for it.
void feed_judgement(crypto::ByteView input);
[[nodiscard]] std::vector<crypto::Bytes> answers();

}  // namespace latchkey::fuzz
