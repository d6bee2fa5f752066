#include "bench/hostile.hpp"

#include "bench/wire.hpp"
#include "crypto/mac.hpp"

namespace latchkey::bench {
namespace {

using protocol::Channel;

constexpr std::size_t flood = 20;
constexpr std::size_t garbage_bytes = 1000;

std::string packet(Channel channel, const protocol::DeviceId& id, std::string_view payload) {
  return wire::publish(protocol::Topics().of(channel, id), payload);
}

std::string request(const protocol::DeviceId& id, crypto::ByteView key,
                    const std::optional<std::string>& group) {
  const auto made =
      certificate_request(id, crypto::to_hex(crypto::random_bytes(12)), crypto::PrivateKey::generate_p256());
  return packet(Channel::request, id,
                protocol::sign_request(protocol::encode_request(made, nullptr).text(), key, group));
}

std::string garbage(Channel channel, const protocol::DeviceId& id) {
  const auto bytes = crypto::random_bytes(garbage_bytes);
  return packet(channel, id, crypto::as_text(bytes));
}

}  // namespace

void make_hostile(Member& member, std::size_t number, const std::string& flooded, const Enrolled& enrolled) {
  const auto id = protocol::DeviceId::parse(member.id).value();
  const auto stranger = crypto::random_bytes(32);
  const std::size_t kind = number % 4;
  member.is_hostile = true;
  member.is_enrolled = kind == 0;
  if (kind == 0) {
    const auto key = protocol::device_key(enrolled.group_key.view(), flooded);
    for (std::size_t i = 0; i < flood; ++i)
      member.steps.push_back(
          {request(protocol::DeviceId::parse(flooded).value(), key.view(), enrolled.group)});
  } else if (kind == 1) {
    member.steps.push_back({request(id, stranger, enrolled.group)});
  } else if (kind == 2) {
    member.steps.push_back({request(id, stranger, std::nullopt)});
  } else {
    member.steps.push_back({garbage(Channel::request, id)});
    member.steps.push_back({garbage(Channel::status, id)});
  }
}

}  // namespace latchkey::bench
