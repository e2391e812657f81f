// What is looked at before OpenSSL sees it.
#include "base/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace talkbeat {
namespace {

using Found = ClientHelloScan::Found;

std::string record(char type, const std::string& body) {
  return std::string{type, 3, 1, static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xff)} + body;
}

std::string message(char type, uint32_t claimed, size_t there) {
  return std::string{type, static_cast<char>(claimed >> 16), static_cast<char>(claimed >> 8 & 0xff),
                     static_cast<char>(claimed & 0xff)} +
         std::string(there, 'x');
}

std::string message(char type, uint32_t size) {
  return message(type, size, size);
}

const std::string kHello = record(22, message(1, 300));
const std::string kCipherSpec = record(20, "\1");

Found look(ClientHelloScan& scan, std::string_view bytes) {
  return scan.look(std::as_bytes(std::span(bytes)));
}

Found look(std::string_view bytes) {
  ClientHelloScan scan;
  return look(scan, bytes);
}

TEST(ClientHelloScan, it_is_complete_with_its_last_byte_however_it_is_split) {
  for (size_t cut = 0; cut <= kHello.size(); ++cut) {
    ClientHelloScan scan;
    EXPECT_EQ(look(scan, kHello.substr(0, cut)), cut < kHello.size() ? Found::kPart : Found::kComplete) << cut;
    EXPECT_EQ(look(scan, kHello.substr(cut)), Found::kComplete) << cut;
  }
}

TEST(ClientHelloScan, it_may_lie_in_several_records_cut_anywhere) {
  const std::string hello = message(1, 300);
  for (size_t cut = 1; cut < hello.size(); ++cut) {
    const std::string two = record(22, hello.substr(0, cut)) + record(22, hello.substr(cut));
    EXPECT_EQ(look(std::string_view(two).substr(0, two.size() - 1)), Found::kPart) << cut;
    EXPECT_EQ(look(two), Found::kComplete) << cut;
  }
}

TEST(ClientHelloScan, whatever_begins_in_another_way_is_no_tls) {
  for (int first = 0; first < 256; ++first) {
    if (first == 22) continue;
    EXPECT_EQ(look(std::string(1, static_cast<char>(first)) + kHello.substr(1)), Found::kBad) << first;
  }
  EXPECT_EQ(look("GET / HTTP/1.1\r\n"), Found::kBad);
  EXPECT_EQ(look(std::string("\0\0\0\x10\0\1\0\0\0\7\7\1\0\0\0\0", 16)), Found::kBad) << "a heartbeat";
  EXPECT_EQ(look(record(22, message(2, 40))), Found::kBad) << "a ServerHello";
}

TEST(ClientHelloScan, a_claim_that_is_too_long_is_refused_with_its_header) {
  EXPECT_EQ(look(record(22, message(1, 8 << 10, 4))), Found::kPart);
  EXPECT_EQ(look(record(22, message(1, (8 << 10) + 1, 0))), Found::kBad);
  EXPECT_EQ(look(record(22, message(1, 131'000, 0))), Found::kBad);
  EXPECT_EQ(look(record(22, message(1, 0, 0))), Found::kBad);
  EXPECT_EQ(look("\x16\x03\x01\xff\xff"), Found::kBad) << "a record longer than any";
  EXPECT_EQ(look(std::string("\x16\x03\x01\0\0", 5)), Found::kBad) << "an empty one";
}

// A server may ask for a second one (HelloRetryRequest), which OpenSSL reserves memory for in the same way.
TEST(ClientHelloScan, a_second_one_is_looked_at_as_well) {
  ClientHelloScan scan;
  EXPECT_EQ(look(scan, kHello), Found::kComplete);
  EXPECT_EQ(look(scan, kCipherSpec), Found::kComplete);
  EXPECT_EQ(look(scan, record(22, message(1, 131'000, 0))), Found::kBad);
}

TEST(ClientHelloScan, what_follows_in_an_ordinary_handshake_is_passed_over) {
  const std::string encrypted = record(22, std::string("\1\xff\xff\xff", 4) + std::string(36, 'x'));
  ClientHelloScan old;  // TLS 1.2: ClientKeyExchange, and then what only looks like a ClientHello
  EXPECT_EQ(look(old, kHello + record(22, message(16, 66)) + kCipherSpec + encrypted), Found::kComplete);
  ClientHelloScan now;  // TLS 1.3
  EXPECT_EQ(look(now, kHello + kCipherSpec + record(23, std::string(74, 'x')) + encrypted), Found::kComplete);
}

}  // namespace
}  // namespace talkbeat
