import type { CifarSource } from './cifar.js';
import type { MnistSource } from './mnist.js';

/** The four files as MNIST has them. */
const plainNames = { prefix: '', testName: 't10k', firstLabel: 0, transposed: false } as const;

/** Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence): 28x28 grey pictures of ten kinds of clothing. */
export const fashionMnist: MnistSource = {
  name: 'fashion-mnist',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  colours: { mean: 0.2860406, sd: 0.35302424 },
  ...plainNames,
  folder: 'FashionMNIST',
  sha256: {
    'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
};

/** MNIST (LeCun, Cortes, Burges): 28x28 grey pictures of handwritten digits. */
export const mnist: MnistSource = {
  name: 'mnist',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  colours: { mean: 0.1306605, sd: 0.3081078 },
  ...plainNames,
  folder: 'MNIST',
  sha256: {
    'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
};

/** Kuzushiji-MNIST (Clanuwat et al. 2018; CC BY-SA 4.0): 28x28 grey pictures of ten hiragana. MD5 sums: torchvision's. */
const kmnist: MnistSource = {
  name: 'kmnist',
  classes: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  colours: null,
  ...plainNames,
  folder: 'KMNIST',
  sha256: null,
  md5: {
    'train-images-idx3-ubyte': 'bdb82020997e1d708af4cf47b453dcf7',
    'train-labels-idx1-ubyte': 'e144d726b3acfaa3e44228e80efcd344',
    't10k-images-idx3-ubyte': '5c965bf0a639b31b8f53240b1b52f4d7',
    't10k-labels-idx1-ubyte': '7320c461ea6c1c855c0b718fb2a4b134',
  },
};

const digits = [...'0123456789'];
const capitals = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const smallLetters = capitals.map((letter) => letter.toLowerCase());
/** Small letters that NIST's pictures do not tell from their capitals. */
const merged = [...'cijklmopsuvwxyz'];
const mergedClasses = [...digits, ...capitals, ...smallLetters.filter((letter) => !merged.includes(letter))];

/** EMNIST (Cohen et al. 2017) in one of its six splits; pictures are stored column after column, letters count from 1. */
const emnist = (split: string, classes: readonly string[], firstLabel = 0): MnistSource => ({
  name: `emnist-${split}`,
  classes,
  colours: null,
  sha256: null,
  prefix: `emnist-${split}-`,
  testName: 'test',
  folder: 'EMNIST',
  firstLabel,
  transposed: true,
});

/** Sets in MNIST's format that are not fetched. */
export const broughtMnists: Readonly<Record<string, MnistSource>> = {
  kmnist,
  'emnist-balanced': emnist('balanced', mergedClasses),
  'emnist-byclass': emnist('byclass', [...digits, ...capitals, ...smallLetters]),
  'emnist-bymerge': emnist('bymerge', mergedClasses),
  'emnist-digits': emnist('digits', digits),
  'emnist-letters': emnist('letters', smallLetters, 1),
  'emnist-mnist': emnist('mnist', digits),
};

const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`);

/** CIFAR-10 (Krizhevsky 2009): 32x32 photographs of ten kinds of things. */
export const cifar10: CifarSource = {
  name: 'cifar-10',
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  binary: {
    archive: 'cifar-10-binary.tar.gz',
    folder: 'cifar-10-batches-bin',
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    labelBytes: 1,
    files: { train: batches.map((name) => `${name}.bin`), test: ['test_batch.bin'] },
  },
  pickles: {
    archive: 'cifar-10-python.tar.gz',
    folder: 'cifar-10-batches-py',
    labels: 'labels',
    files: { train: batches, test: ['test_batch'] },
  },
  picturesPerFile: { train: 10_000, test: 10_000 },
  mean: [0.4914, 0.4822, 0.4465],
  sd: [0.247, 0.2435, 0.2616],
};

/** CIFAR-100 (Krizhevsky 2009): 32x32 photographs in a hundred classes; the coarse label is left out. */
export const cifar100: CifarSource = {
  name: 'cifar-100',
  classes:
    `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm`.split(/\s+/),
  binary: {
    archive: 'cifar-100-binary.tar.gz',
    folder: 'cifar-100-binary',
    sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
    labelBytes: 2,
    files: { train: ['train.bin'], test: ['test.bin'] },
  },
  pickles: {
    archive: 'cifar-100-python.tar.gz',
    folder: 'cifar-100-python',
    labels: 'fine_labels',
    files: { train: ['train'], test: ['test'] },
  },
  picturesPerFile: { train: 50_000, test: 10_000 },
  mean: [0.5071, 0.4865, 0.4409],
  sd: [0.2673, 0.2564, 0.2762],
};
