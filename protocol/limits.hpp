#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit of docs/protocol.md in one place.
namespace latchkey::protocol::limits {

inline constexpr std::size_t request_bytes = 16UL * 1024;
inline constexpr std::size_t status_bytes = 4UL * 1024;
inline constexpr std::size_t answer_bytes = 8UL * 1024;
inline constexpr std::size_t least_message_bytes = 2UL * 1024;  // max_message_bytes
inline constexpr std::size_t most_message_bytes = 16UL * 1024;  // max_message_bytes
inline constexpr std::size_t config_bytes = 3UL * 1024;
inline constexpr std::size_t json_depth = 8;
inline constexpr std::size_t json_keys = 64;
inline constexpr std::int64_t json_integer = 9007199254740992;  // 2^53, one above the greatest
inline constexpr std::size_t chain_certificates = 5;
inline constexpr std::size_t attribute_members = 32;
inline constexpr std::size_t attribute_bytes = 2UL * 1024;
inline constexpr std::size_t last_error_chars = 128;
inline constexpr std::size_t nonce_chars = 128;
inline constexpr std::size_t token_min_chars = 16;
inline constexpr std::size_t token_max_chars = 256;
inline constexpr std::size_t rights_filters = 32;  // in each direction
inline constexpr std::size_t rights_bytes = 1024;  // all filters of a device
inline constexpr std::size_t message_bytes = 200;
inline constexpr std::size_t key_min_bytes = 32;
inline constexpr std::size_t key_max_bytes = 64;
inline constexpr std::chrono::seconds clock_skew{600};
inline constexpr std::chrono::seconds nonce_life{120};

}  // namespace latchkey::protocol::limits
