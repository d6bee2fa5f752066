#pragma once

#include "crypto/bytes.hpp"

#include <cstddef>
#include <filesystem>

namespace latchkey::crypto {

/// Bytes that are wiped before they are freed. Cannot be printed or compared by accident; copied only by
/// `clone`.
class Secret {
 public:
  Secret() = default;
  /// `size` zero bytes, to be filled through `writable`.
  explicit Secret(std::size_t size) : bytes_(size) {}
  explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit Secret(std::string_view text) : Secret(as_bytes(text)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] Secret clone() const { return Secret(view()); }
  [[nodiscard]] ByteView view() const noexcept { return bytes_; }
  [[nodiscard]] std::string_view text() const noexcept { return as_text(bytes_); }
  [[nodiscard]] std::span<std::uint8_t> writable() noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

 private:
  void wipe() noexcept;
  Bytes bytes_;
};

/// Overwrites memory; the compiler cannot optimize it away. For third-party buffers that held a secret.
void wipe(std::span<char> memory) noexcept;

/// The content of a file, at most 64 KiB, unchanged.
[[nodiscard]] Result<Secret> read_secret_file(const std::filesystem::path& path);

/// A key file: raw bytes, or one line of standard base64 or base64url that decodes to `min`..`max` bytes
/// (where both are possible, it is read as a line). The error names the path and the sizes allowed.
[[nodiscard]] Result<Secret> read_key_file(const std::filesystem::path& path, std::size_t min,
                                           std::size_t max);

/// One line of text: a password or a token. A trailing newline is not part of it; an empty file is an error.
[[nodiscard]] Result<Secret> read_line_file(const std::filesystem::path& path);
/// The same for an optional file: an empty path gives an empty secret.
[[nodiscard]] Result<Secret> read_optional_line_file(const std::filesystem::path& path);

/// Creates `path` with mode 0600 and writes it durably (fsync of file and folder). Refuses to overwrite.
[[nodiscard]] Result<void> create_secret_file(const std::filesystem::path& path, ByteView content);

/// Replaces `path` atomically (temporary file beside it, fsync, rename, fsync of the folder).
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path, ByteView content, unsigned mode);

}  // namespace latchkey::crypto
