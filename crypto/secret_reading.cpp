#include "base/descriptor.hpp"
#include "crypto/key_text.hpp"
#include "crypto/secret.hpp"
#include "crypto/system_failure.hpp"

#include <fcntl.h>

#include <algorithm>

namespace latchkey::crypto {
namespace {

constexpr std::size_t file_limit = 64UL * 1024;

// -1 on failure (errno), otherwise the bytes read, at most the size of `buffer`.
ssize_t read_fully(int descriptor, std::span<std::uint8_t> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::read(descriptor, buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(filled);
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// True for text as an editor or a shell writes it; random bytes of a raw key are not.
bool is_text(std::string_view content) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  return std::ranges::all_of(
      content, [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n'; });
}

/// Some shells write UTF-16 when they redirect into a file.
bool is_utf16(std::string_view content) {
  return (content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF")) && content.size() % 2 == 0 &&
         std::ranges::count(content, '\0') == static_cast<std::ptrdiff_t>(content.size() / 2 - 1);
}

/// The error is half a sentence about the content.
Result<Secret> key_in(const Secret& content, std::size_t min, std::size_t max) {
  if (is_utf16(content.text())) return fail(Fault::malformed, "it is UTF-16");
  if (is_text(content.text())) return read_key_text(without_line_end(content.text()), min, max);
  if (content.size() >= min && content.size() <= max) return content.clone();
  return fail(Fault::malformed, "it has " + std::to_string(content.size()));
}

std::string range_text(std::size_t min, std::size_t max) {
  return min == max ? std::to_string(min) : std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

Result<Secret> read_secret_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return system_failure(Fault::internal, "cannot open", path);
  Secret buffer(file_limit + 1);
  const ssize_t size = read_fully(file.number(), buffer.writable());
  if (size < 0) return system_failure(Fault::internal, "cannot read", path);
  const auto content = buffer.view().first(static_cast<std::size_t>(size));
  if (content.size() > file_limit) return fail(Fault::malformed, path.string() + " is larger than 64 KiB");
  return Secret(content);
}

Result<Secret> read_key_file(const std::filesystem::path& path, std::size_t min, std::size_t max) {
  const Result<Secret> content = read_secret_file(path);
  if (!content) return std::unexpected(content.error());
  auto key = key_in(*content, min, max);
  if (key) return key;
  return fail(Fault::malformed, path.string() + " must hold a key of " + range_text(min, max) +
                                    " bytes, raw or as one line of base64; " + key.error().what);
}

Result<Secret> read_line_file(const std::filesystem::path& path) {
  const Result<Secret> content = read_secret_file(path);
  if (!content) return std::unexpected(content.error());
  const std::string_view line = without_line_end(content->text());
  if (line.empty()) return fail(Fault::malformed, path.string() + " is empty");
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return fail(Fault::malformed, path.string() + " must hold one line of text");
  }
  return Secret(line);
}

Result<Secret> read_optional_line_file(const std::filesystem::path& path) {
  return path.empty() ? Secret() : read_line_file(path);
}

}  // namespace latchkey::crypto
