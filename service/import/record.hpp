#pragma once

#include "crypto/secret.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads devices to enrol from CSV or NDJSON.
namespace latchkey::service {

/// The columns of CSV and the members of NDJSON.
enum class Column { device_id, group, key, token, public_key, certificate_sha256, config };
inline constexpr std::array<std::string_view, 7> column_names = {
    "device_id", "group", "key", "token", "public_key", "certificate_sha256", "config"};

/// The texts of one device's line; absent columns are empty. The destructor wipes it, since it contains keys.
struct ImportRecord {
  std::int64_t line = 0;  ///< where the record begins
  std::array<std::string, column_names.size()> values;
  std::string problem;  ///< why the line is invalid; empty: it is valid

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

/// Reads one record after the other, in bounded memory. NDJSON if the first character is `{`, else CSV (RFC
/// 4180) with a header. Accepts a UTF-8 byte order mark and CR LF, skips empty lines.
class RecordReader {
 public:
  /// Reads into a buffer and returns the number of bytes; 0 at the end.
  using Source = std::function<std::size_t(std::span<char>)>;
  explicit RecordReader(Source source);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// Reads the next record; false at the end. An invalid line is a record with a `problem`. After a problem
  /// in the header there are no more records.
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
