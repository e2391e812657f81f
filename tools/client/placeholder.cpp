namespace talkbeat {}
