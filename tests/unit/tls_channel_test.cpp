#include "base/tls_channel.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/heap_in_use.h"
#include "tests/unit/loop_fixture.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat {
namespace {

using Stage = TlsChannel::Stage;
using testing::HasSubstr;

class TlsChannelTest : public ::testing::TestWithParam<int> {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<TlsFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  static TlsContext context(TlsContext::Server options) {
    Result<TlsContext> made = TlsContext::server(options);
    EXPECT_TRUE(made.ok()) << made.message();
    return std::move(made.value());
  }
  static TlsContext trusting() { return std::move(TlsContext::client({.ca = files_->certificate()}).value()); }

  /// What the bytes open, in pieces of `step`.
  std::string open(TlsChannel& channel, std::string_view bytes, size_t step = SIZE_MAX) {
    std::string plain;
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, step);
      plain += text_of(channel.open(bytes_of(piece), room_));
      if (channel.stage() == Stage::kReady) channel.go_on();
      bytes.remove_prefix(piece.size());
    }
    return plain;
  }
  static std::string take_sealed(TlsChannel& channel) {
    std::string bytes = text_of(channel.sealed());
    channel.sent(bytes.size());
    return bytes;
  }
  /// Until neither has anything to say.
  void converse(TlsChannel& server, TlsClient& client, size_t step = SIZE_MAX) {
    for (int i = 0; i < 10; ++i) {
      plain_ += open(server, client.said(), step);
      client.take(take_sealed(server));
    }
  }
  void converse(TlsChannel& server, TlsChannel& client) {
    for (int i = 0; i < 10; ++i) {
      plain_ += open(server, take_sealed(client));
      plain_ += open(client, take_sealed(server));
    }
  }

  static inline std::unique_ptr<TlsFiles> files_;
  std::vector<std::byte> room_ = std::vector<std::byte>(200'000);
  std::string plain_;
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsChannelTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "tls12" : "tls13"; });

TEST_P(TlsChannelTest, what_one_end_says_the_other_hears) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  ASSERT_EQ(server->stage(), Stage::kOpen) << server->error();
  EXPECT_EQ(server->version(), GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_EQ(server->version(), client.version());
  client.say("hello");
  EXPECT_TRUE(server->seal(bytes_of(std::string(TlsChannel::kMaxPiece, 'x'))));
  converse(*server, client);
  EXPECT_EQ(plain_, "hello");
  EXPECT_EQ(client.received, std::string(TlsChannel::kMaxPiece, 'x'));
  EXPECT_TRUE(server->sealed().empty());
}

TEST_P(TlsChannelTest, bytes_that_come_one_at_a_time_make_no_difference) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client, 1);
  ASSERT_EQ(server->stage(), Stage::kOpen) << server->error();
  client.say("hello");
  client.say(std::string(40'000, 'x'));
  converse(*server, client, 1);
  EXPECT_EQ(plain_, "hello" + std::string(40'000, 'x'));
}

TEST_P(TlsChannelTest, nor_does_any_split_of_the_handshake_or_of_a_record) {
  const TlsContext certificate = context(files_->server());
  for (size_t cut = 1; cut < 1'000; ++cut) {
    const auto server = certificate.accept();
    TlsClient client(GetParam(), GetParam());
    const std::string hello = client.said();
    open(*server, hello.substr(0, std::min(cut, hello.size())));
    EXPECT_EQ(server->stage(), cut < hello.size() ? Stage::kHello : Stage::kHandshake) << cut;
    if (cut < hello.size()) open(*server, hello.substr(cut));
    client.take(take_sealed(*server));
    if (client.open()) client.say("ping");  // TLS 1.3: in the same bytes as the end of the handshake
    const std::string end = client.said();
    plain_ = open(*server, end.substr(0, std::min(cut, end.size())));
    if (cut < end.size()) plain_ += open(*server, end.substr(cut));
    converse(*server, client);
    if (GetParam() == TLS1_2_VERSION) client.say("ping");
    converse(*server, client);
    ASSERT_EQ(plain_, "ping") << cut << " " << server->error();
    if (cut >= hello.size() && cut >= end.size()) break;
  }
}

TEST_P(TlsChannelTest, many_records_at_once_are_opened_at_once) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  std::string all;
  for (int i = 0; i < 1'000; ++i) {
    client.say("line " + std::to_string(i));
    all += "line " + std::to_string(i);
  }
  EXPECT_EQ(open(*server, client.said()), all);
}

TEST_P(TlsChannelTest, a_record_that_was_changed_ends_it_and_nothing_of_it_is_heard) {
  for (size_t at = 0; at < 40; ++at) {
    const auto server = context(files_->server()).accept();
    TlsClient client(GetParam(), GetParam());
    converse(*server, client);
    client.say("first");
    client.say("pay bob 1");
    std::string bytes = client.said();
    const size_t second =
        5 + (static_cast<size_t>(static_cast<uint8_t>(bytes[3])) << 8 | static_cast<uint8_t>(bytes[4]));
    if (second + at >= bytes.size()) return;
    bytes[second + at] = static_cast<char>(bytes[second + at] ^ 1);
    const std::string plain = open(*server, bytes) + open(*server, std::string(40'000, '\0'));
    EXPECT_EQ(plain, "first") << at;
    EXPECT_EQ(server->stage(), Stage::kFailed) << at;
    EXPECT_NE(server->error(), "");
  }
}

TEST_P(TlsChannelTest, a_goodbye_is_heard_and_so_is_ours) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  client.say("last words");
  client.say_goodbye();
  EXPECT_EQ(open(*server, client.said() + "rubbish"), "last words");
  EXPECT_TRUE(server->heard_goodbye());
  EXPECT_EQ(server->stage(), Stage::kOpen);
  EXPECT_TRUE(server->seal(bytes_of("and mine")));
  server->seal_goodbye();
  client.take(take_sealed(*server));
  EXPECT_EQ(client.received, "and mine");
  EXPECT_TRUE(client.heard_goodbye());
}

TEST_P(TlsChannelTest, what_has_been_sent_is_given_back_before_all_has) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  std::string all;
  uintptr_t low = UINTPTR_MAX;
  uintptr_t high = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string piece(10'000, static_cast<char>('a' + i % 26));
    EXPECT_TRUE(server->seal(bytes_of(piece)));
    all += piece;
    if (i == 0) continue;  // one record stays behind
    const std::string bytes = text_of(server->sealed().first(piece.size()));
    client.take(bytes);
    server->sent(bytes.size());
    if (i < 50) continue;  // the buffer has found its size
    low = std::min(low, reinterpret_cast<uintptr_t>(server->sealed().data()));
    high = std::max(high, reinterpret_cast<uintptr_t>(server->sealed().data()));
  }
  EXPECT_LT(high - low, 100'000u) << "half a megabyte has gone through";
  client.take(take_sealed(*server));
  EXPECT_EQ(client.received, all);
}

TEST_P(TlsChannelTest, one_that_is_idle_keeps_no_memory_of_what_it_has_sent) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  const size_t before = heap_in_use();
  EXPECT_TRUE(server->seal(bytes_of(std::string(TlsChannel::kMaxPiece, 'x'))));
  server->sent(server->sealed().size());
  EXPECT_LT(heap_in_use(), before + TlsChannel::kMaxPiece / 2);
}

TEST_P(TlsChannelTest, no_renegotiation_and_no_tickets_where_they_are_off) {
  const auto server = context(files_->server()).accept();
  TlsClient client(GetParam(), GetParam());
  converse(*server, client);
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(client.native())), 0);
  EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(client.native())), 0);
  EXPECT_EQ(SSL_get_current_compression(client.native()), nullptr);
  if (GetParam() == TLS1_3_VERSION) return;  // knows none
  SSL_renegotiate(client.native());
  client.take("");
  SSL_do_handshake(client.native());
  converse(*server, client);
  EXPECT_EQ(client.error, "no renegotiation");
}

class TlsPeersTest : public TlsChannelTest {};  // where the version makes no difference

TEST_F(TlsPeersTest, nothing_is_made_before_the_hello_is_complete) {
  const auto server = context(files_->server()).accept();
  TlsClient client;
  const std::string hello = client.said();
  (void)server->open(bytes_of(hello), room_);
  EXPECT_EQ(server->stage(), Stage::kReady);
  EXPECT_TRUE(server->sealed().empty());
  EXPECT_EQ(server->version(), "");
  server->go_on();
  EXPECT_EQ(server->stage(), Stage::kHandshake);
  EXPECT_FALSE(server->sealed().empty());
}

TEST_F(TlsPeersTest, plain_words_and_endless_hellos_are_refused) {
  const TlsContext certificate = context(files_->server());
  for (const std::string words : {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\x40\x01\x01\x01\xff\xff"}) {
    const auto server = certificate.accept();
    EXPECT_EQ(open(*server, words), "");
    EXPECT_EQ(server->stage(), Stage::kFailed) << words;
    EXPECT_NE(server->error(), "");
  }
  const auto server = certificate.accept();
  TlsClient client;
  open(*server, client.said().substr(0, 100));
  EXPECT_EQ(server->stage(), Stage::kHello);
  (void)server->open(bytes_of(std::string(9'200, 'x')), room_);
  EXPECT_EQ(server->stage(), Stage::kFailed) << "more than a client says before it is answered";
}

TEST_F(TlsPeersTest, old_versions_are_refused_with_an_alert) {
  const auto server = context(files_->server()).accept();
  TlsClient old(TLS1_VERSION, TLS1_1_VERSION);
  converse(*server, old);
  EXPECT_EQ(server->stage(), Stage::kFailed);
  EXPECT_THAT(old.error, HasSubstr("alert protocol version"));

  TlsContext::Server newest = files_->server();
  newest.min_version = TlsVersion::k13;
  const auto strict = context(newest).accept();
  TlsClient client(TLS1_2_VERSION, TLS1_2_VERSION);
  converse(*strict, client);
  EXPECT_EQ(strict->stage(), Stage::kFailed);
}

TEST_F(TlsPeersTest, costly_groups_and_ciphers_of_old_are_refused) {
  const TlsContext certificate = context(files_->server());
  for (const char* groups : {"X25519", "P-256", "P-384", "ffdhe2048", "ffdhe3072"}) {
    const auto server = certificate.accept();
    TlsClient client(TLS1_3_VERSION, TLS1_3_VERSION, groups);
    converse(*server, client);
    EXPECT_EQ(server->stage() == Stage::kOpen, groups[0] != 'f') << groups << " " << server->error();
  }
  for (const char* cipher : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    const auto server = certificate.accept();
    TlsClient client(TLS1_2_VERSION, TLS1_2_VERSION, nullptr, cipher);
    converse(*server, client);
    EXPECT_EQ(server->stage(), Stage::kOpen) << cipher << " " << server->error();
  }
  for (const char* cipher : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-SHA"}) {
    const auto server = certificate.accept();
    TlsClient client(TLS1_2_VERSION, TLS1_2_VERSION, nullptr, cipher);
    converse(*server, client);
    EXPECT_EQ(server->stage(), Stage::kFailed) << cipher;
  }
}

TEST_F(TlsPeersTest, a_flood_of_key_updates_ends_it) {
  const auto server = context(files_->server()).accept();
  TlsClient client(TLS1_3_VERSION, TLS1_3_VERSION);
  converse(*server, client);
  for (int i = 1; i <= 33; ++i) {
    ASSERT_EQ(SSL_key_update(client.native(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    client.say("x");
    EXPECT_EQ(open(*server, client.said()), i <= 32 ? "x" : "") << i;
    EXPECT_EQ(server->stage(), i <= 32 ? Stage::kOpen : Stage::kFailed) << i;
  }
}

TEST_F(TlsPeersTest, nothing_is_taken_to_be_sealed_while_only_part_of_a_ticket_is_there) {
  const auto client = trusting().connect("localhost");
  TlsTicketServer server(*files_);
  for (int i = 0; i < 3; ++i) {
    server.take(take_sealed(*client));
    open(*client, server.said());
  }
  ASSERT_TRUE(client->stage() == Stage::kOpen && server.open()) << client->error() << server.error;
  const auto [first, others] = server.ticket();
  open(*client, first);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(client->seal(bytes_of("hello")));
  EXPECT_TRUE(client->sealed().empty());
  EXPECT_EQ(client->stage(), Stage::kOpen);
  open(*client, others);
  EXPECT_TRUE(client->seal(bytes_of("hello, and more")));
  server.take(take_sealed(*client));
  EXPECT_EQ(server.received, "hello, and more");
}

TEST_F(TlsPeersTest, our_client_trusts_who_it_is_told_to_trust_by_the_name_that_it_knows) {
  const TlsContext certificate = context(files_->server());
  for (const std::string name : {"localhost", "127.0.0.1"}) {
    const auto server = certificate.accept();
    const auto client = trusting().connect(name);
    converse(*server, *client);
    EXPECT_EQ(client->stage(), Stage::kOpen) << name << ": " << client->error();
    EXPECT_TRUE(client->seal(bytes_of("hello")));
    converse(*server, *client);
    EXPECT_EQ(std::exchange(plain_, ""), "hello");
  }
  for (const std::string name : {"example.org", "127.0.0.2", "host.localhost"}) {
    const auto server = certificate.accept();
    const auto client = trusting().connect(name);
    converse(*server, *client);
    EXPECT_EQ(client->stage(), Stage::kFailed) << name;
    EXPECT_TRUE(client->distrusts_peer());
    EXPECT_THAT(client->error(), HasSubstr("mismatch")) << name;
    EXPECT_EQ(server->stage(), Stage::kFailed) << "it is told";
  }
}

TEST_F(TlsPeersTest, and_nobody_else) {
  const TlsFiles others;
  const auto server = context(others.server()).accept();
  const auto client = trusting().connect("localhost");
  converse(*server, *client);
  EXPECT_EQ(client->stage(), Stage::kFailed);
  EXPECT_TRUE(client->distrusts_peer());
  EXPECT_THAT(client->error(), HasSubstr("self-signed"));
}

TEST_F(TlsPeersTest, a_server_that_speaks_no_tls_is_no_matter_of_trust) {
  const auto client = trusting().connect("localhost");
  open(*client, "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(client->stage(), Stage::kFailed);
  EXPECT_FALSE(client->distrusts_peer());
}

}  // namespace
}  // namespace talkbeat
