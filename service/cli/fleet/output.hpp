#pragma once

#include "registry/table.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

// How the commands of this folder print rows. Texts from devices are untrusted: no control character reaches
// a terminal. JSON escapes them, the other formats have spaces instead, and CSV keeps line ends and tabs.
namespace latchkey::cli {

enum class Format { table, json, csv, ids };

/// Writes rows that come in portions: a table for people, a JSON array of objects with an object on each
/// line, only the first column, or CSV (RFC 4180, but lines end with LF) with a header. JSON has times by RFC
/// 3339, and null where a table and CSV have nothing.
class Output {
 public:
  /// `width` is the number of characters that fit in a line of the terminal; 0: no limit. Longer cells are
  /// cut in tables only, but no id and no time; columns for which there is no room are left out and named.
  Output(std::ostream& out, Format format, std::size_t width) : out_(out), format_(format), width_(width) {}
  /// Every portion has the same columns. The first one sets the widths of a table's columns.
  void add(const registry::Table& portion);
  void end();

 private:
  void add_table(const registry::Table& portion);
  void add_json(const registry::Table& portion);
  void add_csv(const registry::Table& portion);
  void add_ids(const registry::Table& portion);

  std::ostream& out_;
  Format format_;
  std::size_t width_;
  bool begun_ = false;
  std::vector<std::size_t> widths_;  ///< of the columns that are shown
  std::string left_out_;
};

/// Writes one row as a list of names and values, without those that are empty.
void write_record(std::ostream& out, const registry::Table& table, const registry::Table::Row& row);
/// A JSON object; json_array: an array of all rows.
[[nodiscard]] std::string json_object(const registry::Table& table, const registry::Table::Row& row);
[[nodiscard]] std::string json_array(const registry::Table& table);
/// A JSON string.
[[nodiscard]] std::string json_string(std::string_view text);
/// The width of the terminal that stdout is; 0 if it is none.
[[nodiscard]] std::size_t terminal_width();

}  // namespace latchkey::cli
