// A file sent through the client library: asked for, moved over a second connection, gone on with after a loss.
#include "tests/unit/client_file_fixture.h"

namespace talkbeat::client_file_test {
namespace {

TEST_F(ClientFile, for_one_who_is_not_online_is_left_at_the_server) {
  transfer().send(kBob, directory / "photo.png", Way::kEither);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_TRUE(transfer_->offer().offline);
  EXPECT_EQ(files.content, pattern(kSize));
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].file_name(), "photo.png");
  EXPECT_EQ(asked[1].file_size(), kSize);
  EXPECT_EQ(files.logins.at(0).file_role(), CLIENT_OFFLINE_UPLOAD);
  EXPECT_TRUE(std::ranges::is_sorted(told.progress));
  EXPECT_EQ(told.progress.back(), kSize);
}

TEST_F(ClientFile, for_one_who_is_online_goes_to_them) {
  peer_online = true;
  transfer().send(kBob, directory / "photo.png", Way::kEither);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_FALSE(transfer_->offer().offline);
  EXPECT_EQ(told.ready, 1);
  EXPECT_EQ(files.content, pattern(kSize));
  EXPECT_EQ(files.logins.at(0).file_role(), CLIENT_REALTIME_SENDER);
}

TEST_F(ClientFile, online_only_fails_where_they_are_not) {
  transfer().send(kBob, directory / "photo.png", Way::kOnline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "they are not online");
}

TEST_F(ClientFile, an_upload_goes_on_after_each_loss) {
  files.drop_after = 300'000;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.logins.size(), 4u);
  EXPECT_EQ(files.content, pattern(kSize));
  EXPECT_GE(told.paused, 3);
}

TEST_F(ClientFile, an_empty_one_is_sent_and_received) {
  std::ofstream(directory / "empty");
  transfer().send(kBob, directory / "empty", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  told.ended = 0;
  FileOffer empty = offer();
  empty.size = 0;
  FileTransfer second(*client, network, worker, settings, static_cast<FileTransfer::Listener&>(told));
  second.receive(empty, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(second.state(), State::kDone) << second.problem();
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, what_cannot_be_sent_is_said) {
  transfer().send(kBob, directory / "nothing", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_NE(transfer_->problem().find("No such file"), std::string::npos);
  told.ended = 0;
  FileTransfer second(*client, network, worker, settings, static_cast<FileTransfer::Listener&>(told));
  second.send(kBob, directory, Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_NE(second.problem().find("is a directory"), std::string::npos);
  EXPECT_TRUE(asked.empty());
}

TEST_F(ClientFile, a_refusal_of_the_server_ends_it_with_words) {
  result = ERROR_LIMIT_REACHED;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "that is more than the server allows");
}

TEST_F(ClientFile, asked_for_while_the_connection_is_lost_it_is_asked_again) {
  int lost = 0;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
    if (header.command_id != CID_FILE_REQUEST || ++lost > 2) return take_request(connection, header, body);
    connection.close(CloseReason::kIoError);
    return true;
  };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(ClientFile, that_changes_while_it_is_sent_fails) {
  told.at_progress = [&](FileTransfer& at) {
    if (at.bytes() >= 200'000) std::ofstream(directory / "photo.png", std::ios::app) << "more";
  };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "photo.png has changed while it was being sent");
  EXPECT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
}

TEST_F(ClientFile, refused_by_the_receiver_ends_with_that) {
  files.upload_size = kSize;
  peer_online = true;
  told.at_progress = [&](FileTransfer&) { files.say(CLIENT_FILE_REFUSE); };
  transfer().send(kBob, directory / "photo.png", Way::kOnline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "they refused it");
}

TEST_F(ClientFile, a_pull_of_what_is_not_there_is_refused) {
  files.done_at_end = false;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return files.content.size() == kSize; }));
  files.pull(kSize, 10);
  files.pull(0, 100 << 20);
  files.pull(0, 0);
  ASSERT_TRUE(until([&] { return files.refusals.size() == 3; }));
  EXPECT_EQ(transfer_->state(), State::kRunning);
}

TEST_F(ClientFile, too_many_pulls_at_a_time_end_the_connection) {
  files.done_at_end = false;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return files.content.size() == kSize; }));
  for (size_t i = 0; i < 3 * OutgoingFile::kMaxPulls; ++i) files.pull(0, 500'000);
  EXPECT_TRUE(until([&] { return told.paused > 0; }));
}

TEST_F(ClientFile, cancelled_tells_the_other_end) {
  told.at_progress = [](FileTransfer& at) { at.cancel(); };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
  EXPECT_EQ(told.ended, 1);
  EXPECT_TRUE(transfer_->cancelled());
}

TEST_F(ClientFile, cancelled_before_it_is_connected_tells_the_other_end_too) {
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return told.offered == 1; }));
  transfer_->cancel();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  ASSERT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
}

}  // namespace
}  // namespace talkbeat::client_file_test
