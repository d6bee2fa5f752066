#pragma once

#include "crypto/secret.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a file says of the devices to enrol, as text: CSV or NDJSON.
namespace latchkey::service {

/// The columns of CSV and the members of NDJSON.
enum class Column { device_id, group, key, token, public_key, certificate_sha256, config };
inline constexpr std::array<std::string_view, 7> column_names = {
    "device_id", "group", "key", "token", "public_key", "certificate_sha256", "config"};

/// A device as its line has it; what is not there is empty. Wiped when it goes, for there are keys in it.
struct ImportRecord {
  std::int64_t line = 0;  ///< where it begins
  std::array<std::string, column_names.size()> values;
  std::string problem;  ///< not empty: this is no device, because ...

  ImportRecord() = default;
  ImportRecord(const ImportRecord&) = delete;
  ImportRecord& operator=(const ImportRecord&) = delete;
  ~ImportRecord();
  [[nodiscard]] std::string& operator[](Column column) { return values[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const std::string& operator[](Column column) const {
    return values[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] bool has(Column column) const { return !(*this)[column].empty(); }
};

/// Reads one record after the other, however long the text is. NDJSON if its first character is `{`, else CSV
/// (RFC 4180) with a header; a UTF-8 byte order mark and CR LF are put up with, empty lines passed over.
class RecordReader {
 public:
  /// Fills a buffer and returns how much of it; 0 at the end.
  using Source = std::function<std::size_t(std::span<char>)>;
  explicit RecordReader(Source source);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// The next record, or nothing at the end. A line that is none is a record with a `problem`; after one in
  /// the header there is nothing more.
  [[nodiscard]] bool next(ImportRecord& record);

 private:
  enum class Format { unknown, csv, ndjson };
  [[nodiscard]] bool fill();
  [[nodiscard]] bool next_line();
  [[nodiscard]] bool continue_quoted();
  [[nodiscard]] bool begin(ImportRecord& record);
  void read_header(ImportRecord& record);
  void read_csv(ImportRecord& record);

  Source source_;
  std::vector<char> buffer_;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
  std::string line_;
  bool too_long_ = false;
  std::int64_t lines_ = 0;
  Format format_ = Format::unknown;
  std::vector<Column> header_;
};

}  // namespace latchkey::service
