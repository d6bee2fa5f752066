#pragma once

#include "device/factory.hpp"

#include <span>
#include <string_view>

/// The files of one device that a factory makes.
namespace latchkey::device {

/// The texts one after the other, without a copy elsewhere.
[[nodiscard]] crypto::Secret concatenated(std::span<const std::string_view> parts);

struct FactoryFile {
  std::string name;
  crypto::Secret content;
};

/// A new proof for the device, in the files of its folder.
[[nodiscard]] std::expected<std::vector<FactoryFile>, std::string> files_of(const FactoryOrder& order,
                                                                            const std::string& id);
/// Checks that a folder from before has a proof of this order for the device.
[[nodiscard]] std::expected<void, std::string> check_files(const FactoryOrder& order, const std::string& id,
                                                           const std::filesystem::path& folder);
/// The device's line for `latchkey enroll import`: its id and group, and its token if it has one.
[[nodiscard]] std::expected<crypto::Secret, std::string> enrolment_line(const FactoryOrder& order,
                                                                        const std::string& id);
/// The header above these lines.
[[nodiscard]] std::string_view enrolment_header(const FactoryProof& proof) noexcept;

}  // namespace latchkey::device
