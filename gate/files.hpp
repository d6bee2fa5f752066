#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files that the journal is made of.
namespace latchkey::gate {

/// An open file. Closed at the end.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  [[nodiscard]] explicit operator bool() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// False if not all was written.
  [[nodiscard]] bool write(std::string_view text) const;

 private:
  int descriptor_ = -1;
};

/// A folder of the gate's own, with the files `base.N` and `journal.N`.
class Folder {
 public:
  /// Makes the folder, readable for its owner only, and locks it. The error is a sentence.
  [[nodiscard]] static std::optional<std::string> open(const std::string& path, Folder& folder);

  [[nodiscard]] std::string name(std::string_view kind, std::uint64_t number) const;
  /// The numbers of the files of a kind, ascending.
  [[nodiscard]] std::vector<std::uint64_t> numbers(std::string_view kind) const;
  [[nodiscard]] File create(std::string_view kind, std::uint64_t number) const;
  /// Calls with the file's content; false if there is none that can be read.
  [[nodiscard]] bool read(std::string_view kind, std::uint64_t number,
                          const std::function<void(std::string_view)>& with) const;
  void remove(std::string_view kind, std::uint64_t number) const;
  /// Writes names of files to the disk.
  void sync() const;

 private:
  std::string path_;
  std::shared_ptr<File> lock_;
};

}  // namespace latchkey::gate
